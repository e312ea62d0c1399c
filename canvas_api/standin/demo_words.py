"""Names for the demo university."""

from __future__ import annotations

COLLEGES: tuple[tuple[str, str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "College of Arts and Humanities",
        "CAH",
        (
            (
                "English",
                "ENGL",
                "Academic Writing|British Literature|Creative Nonfiction|Shakespeare|Poetry Workshop|"
                "World Drama|Rhetoric and Style|The Modern Novel|Literary Theory|Writing for the Web|"
                "Screenwriting|Linguistics",
            ),
            (
                "History",
                "HIST",
                "World Civilizations|Modern Europe|Colonial America|History of Science|The Ottoman World|"
                "Public History|Women in History|The Cold War|Ancient Rome|Latin America|"
                "History of Medicine|Archives and Memory",
            ),
            (
                "World Languages",
                "LANG",
                "Español I|Español II|Français intermédiaire|Deutsch für Anfänger|العربية للمبتدئين|日本語入門|"
                "Русский язык I|Português Brasileiro|Italiano I|Latin Prose|Translation Studies|"
                "Sign Language I",
            ),
            (
                "Music and Theatre",
                "MUST",
                "Music Theory I|Chamber Ensemble 🎻|Acting Studio|Stagecraft|Jazz Improvisation|"
                "Voice and Diction|Opera Workshop|Sound Design|Conducting|History of Musical Theatre|"
                "Songwriting|Piano Pedagogy",
            ),
        ),
    ),
    (
        "College of Business",
        "COB",
        (
            (
                "Accounting",
                "ACCT",
                "Financial Accounting|Managerial Accounting|Auditing|Cost Accounting|Tax I|"
                "Forensic Accounting|Accounting Systems|Nonprofit Accounting|International Accounting|"
                "Ethics in Accounting|Tax II|Capstone",
            ),
            (
                "Management",
                "MGMT",
                "Organizational Behavior|Operations Management|Human Resources|Negotiation|"
                "Project Management|Entrepreneurship|Business Analytics|Supply Chains|Leadership Lab|"
                "Strategy|Family Business|Retailing",
            ),
            (
                "Economics",
                "ECON",
                "Microeconomics|Macroeconomics|Econometrics|Labor Economics|Game Theory|Public Finance|"
                "Money and Banking|Behavioral Economics|Trade Policy|Health Economics|Urban Economics|"
                "Economic History",
            ),
        ),
    ),
    (
        "College of Education",
        "COE",
        (
            (
                "Teacher Education",
                "EDUC",
                "Foundations of Education|Classroom Assessment|Reading Methods|Mathematics Methods|"
                "Special Education|Educational Psychology|Student Teaching|Technology in Schools|"
                "Early Literacy|Science Methods|School Law|Culturally Responsive Teaching",
            ),
            (
                "Counseling",
                "COUN",
                "Counseling Theories|Group Counseling|Career Development|Crisis Intervention|"
                "Family Systems|School Counseling|Addiction Counseling|Practicum|Lifespan Development|"
                "Research Methods|Ethics|Internship",
            ),
        ),
    ),
    (
        "College of Engineering",
        "ENG",
        (
            (
                "Computer Science",
                "CSCI",
                "Programming I|Programming II|Data Structures|Algorithms|Operating Systems|Databases|"
                "Computer Networks|Machine Learning|Compilers|Software Engineering|"
                "Human-Computer Interaction|Computer Security",
            ),
            (
                "Mechanical Engineering",
                "MENG",
                "Statics|Dynamics|Thermodynamics|Fluid Mechanics|Heat Transfer|Machine Design|Vibrations|"
                "Robotics|Manufacturing Processes|Control Systems|Materials|Senior Design",
            ),
            (
                "Civil Engineering",
                "CENG",
                "Surveying|Structural Analysis|Soil Mechanics|Hydrology|Transportation Systems|"
                "Concrete Design|Steel Design|Environmental Engineering|Construction Planning|Foundations|"
                "Water Resources|GIS Mapping",
            ),
        ),
    ),
    (
        "College of Health Sciences",
        "CHS",
        (
            (
                "Nursing",
                "NURS",
                "Fundamentals of Nursing|Pharmacology|Pediatric Nursing|Community Health|"
                "Mental Health Nursing|Maternal Health|Nursing Research|Leadership in Nursing|"
                "Adult Health I|Adult Health II|Gerontology|Clinical Practicum",
            ),
            (
                "Kinesiology",
                "KINE",
                "Anatomy and Physiology|Exercise Physiology|Biomechanics|Motor Learning|Sport Psychology|"
                "Athletic Training|Strength and Conditioning|Adapted Activity|Nutrition|Measurement|"
                "Coaching|Wellness",
            ),
        ),
    ),
    (
        "College of Natural Sciences",
        "CNS",
        (
            (
                "Biology",
                "BIOL",
                "General Biology I|General Biology II|Genetics|Ecology|Cell Biology|Microbiology|Botany|"
                "Zoology|Evolution|Immunology|Marine Biology|Bioinformatics",
            ),
            (
                "Chemistry",
                "CHEM",
                "General Chemistry I|General Chemistry II|Organic Chemistry I|Organic Chemistry II|"
                "Biochemistry|Analytical Chemistry|Physical Chemistry|Inorganic Chemistry|"
                "Polymer Chemistry|Spectroscopy|Green Chemistry|Laboratory Safety",
            ),
            (
                "Mathematics",
                "MATH",
                "College Algebra|Calculus I|Calculus II|Calculus III|Linear Algebra|Differential Equations|"
                "Abstract Algebra|Real Analysis|Probability|Statistics|Number Theory|Mathematical Modeling",
            ),
        ),
    ),
)
FIRST_NAMES = (
    "Amara|Beatriz|Chen|Dmitri|Elif|Farah|Gwen|Hiroshi|Imani|Jakub|Keisha|Lars|Mei|Nadia|Omar|Priya|"
    "Quentin|Rosa|Søren|Tamika|Uche|Valentina|Wanjiru|Ximena|Yusuf|Zofia|Malia|Thanh|Siobhán|Björn"
).split("|")
LAST_NAMES = (
    "Abernathy|Bianchi|Castillo|Dubois|Eriksen|Fernández|Goldberg|Haddad|Ivanova|Jefferson|Kowalski|"
    "Lindqvist|Mbeki|Nakamura|O'Connor|Patel|Qureshi|Rosenthal|Sánchez|Takahashi|Ueda|Van der Berg|"
    "Whitehorse|Xu|Yılmaz|Zhang|Ōta|Nguyễn|Achebe|Begay"
).split("|")
FLAGGED = ("Final Exam|Final Project|Term Paper|Final Portfolio|Capstone Report|Oral Exam|Lab Practical").split(
    "|"
)
PLAIN = ("Syllabus Quiz|Reading Response 1|Reading Response 2|Problem Set 3|Peer Review|Discussion: Week 5").split(
    "|"
)
