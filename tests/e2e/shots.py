"""``make shots``: the README's pictures, taken from the demo, so that they never go stale."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
PICTURES = (
    ("overview", "/", "light"),
    ("line-items", "/line-items/", "light"),
    ("line-items-dark", "/line-items/", "dark"),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"DATABASE_URL": f"sqlite:///{folder}/shots.sqlite3", "PORT": "8400"}
        demo = subprocess.Popen(
            [sys.executable, "manage.py", "demo"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        try:
            assert demo.stdout is not None
            address = next(line.split()[-1] for line in demo.stdout if line.startswith("Preflight is ready"))
            take(address)
        finally:
            demo.terminate()
            demo.wait()


def take(address: str) -> None:
    browser_path = shutil.which("chromium") or shutil.which("google-chrome") or sys.exit("No Chromium was found.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        for name, path, scheme in PICTURES:
            page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
            sign_in(page, address)
            page.goto(address + path)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=DOCS / f"{name}.png")
            page.close()
        browser.close()


def sign_in(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("User name").fill("reviewer")
    page.get_by_label("Password").fill("preflight")
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")


if __name__ == "__main__":
    main()
