"""Make the picture of a link preview: `python -m tools.make_card` writes demo/static/card.jpg, a photo and its
number plate."""

from __future__ import annotations

import base64

from playwright.sync_api import sync_playwright

from demo.config import STATIC
from demo.server.page_head import DESCRIPTION, TITLE
from demo.ui import EXAMPLES
from tools import chromium

SIZE = {"width": 1200, "height": 630}
PAGE = """<style>
body { margin: 0; width: 1200px; height: 630px; display: grid; grid-template-columns: 600px 1fr; background: #f7f5f1;
  font-family: system-ui, sans-serif; color: #292524 }
img { width: 600px; height: 630px; object-fit: cover }
section { padding: 60px; display: grid; align-content: center; gap: 28px; font-size: 30px; line-height: 1.4 }
b { justify-self: start; font-size: 120px; line-height: 1.25; padding: 0 46px; color: #fff; background: #1d447f;
  border: 6px solid #1d447f; border-radius: 26px; box-shadow: inset 0 0 0 6px #f4f1ea }
strong { font-size: 52px; line-height: 1.1 }
</style><img src="data:image/jpeg;base64,PHOTO"><section><b>42</b><strong>TITLE</strong>DESCRIPTION</section>"""


def main() -> None:
    photo = base64.b64encode((EXAMPLES / "plate-42.jpg").read_bytes()).decode()
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        tab = browser.new_page(viewport=SIZE)
        tab.set_content(PAGE.replace("PHOTO", photo).replace("TITLE", TITLE).replace("DESCRIPTION", DESCRIPTION))
        tab.wait_for_function("document.images[0].complete")
        tab.screenshot(path=STATIC / "card.jpg", type="jpeg", quality=80)
        browser.close()


if __name__ == "__main__":
    main()
