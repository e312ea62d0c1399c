"""What mail servers send back, after the form of each; ``{id}`` and ``{to}`` stand for message and address."""

from __future__ import annotations

POSTFIX = """\
Return-Path: <>
Received: by mail.example.edu (Postfix) id 4fKx9s1; Thu, 26 Nov 2026 15:01:02 +0000 (UTC)
Date: Thu, 26 Nov 2026 15:01:02 +0000 (UTC)
From: MAILER-DAEMON@mail.example.edu (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: bounces@preflight.example.edu
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4fKx9s2.1/mail.example.edu"
Message-Id: <20261126150102.4fKx9s2@mail.example.edu>

This is a MIME-encapsulated message.

--4fKx9s2.1/mail.example.edu
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mail.example.edu.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<{to}>: host mx.example.edu[192.0.2.7] said: 550 5.1.1 <{to}>:
    Recipient address rejected: User unknown (in reply to RCPT TO command)

--4fKx9s2.1/mail.example.edu
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.edu
X-Postfix-Queue-ID: 4fKx9s1
X-Postfix-Sender: rfc822; bounces@preflight.example.edu
Arrival-Date: Thu, 26 Nov 2026 15:01:00 +0000 (UTC)

Final-Recipient: rfc822; {to}
Original-Recipient: rfc822;{to}
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.edu
Diagnostic-Code: smtp; 550 5.1.1 <{to}>: Recipient address rejected: User
    unknown

--4fKx9s2.1/mail.example.edu
Content-Description: Undelivered Message
Content-Type: message/rfc822

Return-Path: <bounces@preflight.example.edu>
From: preflight@localhost
To: {to}
Subject: Fall
Message-ID: {id}
Auto-Submitted: auto-generated
Content-Type: multipart/alternative; boundary="===2=="

--===2==
Content-Type: text/plain; charset="utf-8"

Hello.

--===2==
Content-Type: text/html; charset="utf-8"

<p>Hello.</p>
--===2==--

--4fKx9s2.1/mail.example.edu--
"""

POSTFIX_DELAYED = (
    POSTFIX.replace("Action: failed", "Action: delayed")
    .replace("Status: 5.1.1", "Status: 4.4.1")
    .replace(
        "550 5.1.1 <{to}>: Recipient address rejected: User\n    unknown", "connect to mx: Connection timed out"
    )
    .replace("Undelivered Mail Returned to Sender", "Delayed Mail (still being retried)")
)

POSTFIX_HEADERS_ONLY = POSTFIX.replace("Content-Type: message/rfc822", "Content-Type: text/rfc822-headers")

EXCHANGE = """\
Return-Path: <>
From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.edu>
To: <bounces@preflight.example.edu>
Date: Thu, 26 Nov 2026 15:01:02 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="_mpm_1a2b3c"
X-MS-Exchange-Message-Is-Ndr:
Message-ID: <b7c1@SN6PR01MB0001.prod.exchangelabs.com>
In-Reply-To: {id}
References: {id}
Subject: Undeliverable: Fall
Auto-Submitted: auto-replied
MIME-Version: 1.0

--_mpm_1a2b3c
Content-Type: multipart/alternative; boundary="_alt_1a2b3c"

--_alt_1a2b3c
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Your message to {to} couldn't be delivered.=20

--_alt_1a2b3c
Content-Type: text/html; charset="us-ascii"

<html><script>alert(1)</script>Your message couldn't be delivered.</html>

--_alt_1a2b3c--

--_mpm_1a2b3c
Content-Type: message/delivery-status

Reporting-MTA: dns;SN6PR01MB0001.prod.exchangelabs.com
Received-From-MTA: dns;mail.example.edu
Arrival-Date: Thu, 26 Nov 2026 15:01:01 +0000

Final-Recipient: rfc822;{to}
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {to} not found
X-Display-Name: Dean

--_mpm_1a2b3c
Content-Type: message/rfc822

From: preflight@localhost
To: {to}
Subject: Fall
Message-ID: {id}
Content-Type: text/plain

Hello.

--_mpm_1a2b3c--
"""

GMAIL = """\
Return-Path: <>
Received: by 2002:a05:6a00:1 with SMTP id x1; Thu, 26 Nov 2026 07:01:02 -0800 (PST)
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: bounces@preflight.example.edu
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: {id}
In-Reply-To: {id}
X-Failed-Recipients: {to}
Message-ID: <6927.1a.b2@mx.google.com>
Content-Type: multipart/report; boundary="000000000000aa"; report-type=delivery-status

--000000000000aa
Content-Type: multipart/related; boundary="000000000000bb"

--000000000000bb
Content-Type: multipart/alternative; boundary="000000000000cc"

--000000000000cc
Content-Type: text/plain; charset="UTF-8"

** Message blocked **

Your message to {to} has been blocked.

--000000000000cc
Content-Type: text/html; charset="UTF-8"

<html><body>Your message has been blocked.</body></html>

--000000000000cc--

--000000000000bb
Content-Type: image/png; name="icon.png"
Content-Disposition: attachment; filename="icon.png"
Content-Transfer-Encoding: base64
Content-ID: <icon.png>

iVBORw0KGgo=
--000000000000bb--

--000000000000aa
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Received-From-MTA: dns; bounces@preflight.example.edu
Arrival-Date: Thu, 26 Nov 2026 07:01:00 -0800 (PST)
X-Original-Message-ID: {id}

Final-Recipient: rfc822; {to}
Action: failed
Status: 5.7.1
Remote-MTA: dns; mx.example.edu. (192.0.2.7, the server for the domain example.edu.)
Diagnostic-Code: smtp; 550-5.7.1 [192.0.2.1] Our system has detected that this message is
 550 5.7.1 unsolicited mail.
Last-Attempt-Date: Thu, 26 Nov 2026 07:01:02 -0800 (PST)

--000000000000aa
Content-Type: message/rfc822

From: preflight@localhost
To: {to}
Subject: Fall
Message-ID: {id}

Hello.

--000000000000aa--
"""

QMAIL = """\
Return-Path: <>
Date: 26 Nov 2026 15:01:02 -0000
From: MAILER-DAEMON@mx.example.edu
To: bounces@preflight.example.edu
Subject: failure notice

Hi. This is the qmail-send program at mx.example.edu.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{to}>:
192.0.2.7 does not like recipient.
Remote host said: 550 5.1.1 no such mailbox

--- Below this line is a copy of the message.

Return-Path: <bounces@preflight.example.edu>
Received: from mail.example.edu by mx.example.edu (Exim 4.94.2)
Message-ID: {id}
To: {to}

Hello.
"""

SENDMAIL_WARNING = """\
Return-Path: <>
From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.edu>
To: bounces@preflight.example.edu
Subject: Warning: could not send message for past 4 hours

    **********************************************
    **      THIS IS A WARNING MESSAGE ONLY      **
    **********************************************

   ----- Transcript of session follows -----
Warning: message still undelivered after 4 hours, and will be retried
<{to}>... Deferred: Connection timed out

Message-ID: {id}
"""


def filled(form: str, message_id: str, address: str) -> bytes:
    return form.replace("{id}", message_id).replace("{to}", address).encode()
