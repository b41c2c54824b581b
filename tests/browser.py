"""Open pages in headless Chromium and report what a reader would meet."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--allow-file-access-from-files",
    "--enable-logging=stderr",
    "--window-size=1400,1000",
    "--virtual-time-budget=600000",
]
# One page after another in a frame of the wanted width: Chromium's own window is never narrower than 500.
WATCHER = """<!doctype html><meta charset="utf-8"><script>
const pages = %s, width = %d, found = [];
const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
async function open_page(address) {
  const frame = document.createElement("iframe");
  frame.style.cssText = `border:0;height:900px;width:${width}px`;
  frame.src = address;
  await new Promise((resolve) => { frame.onload = resolve; document.body.append(frame); });
  await pause(300);
  const page = frame.contentDocument, root = page.documentElement;
  const images = [...page.images];
  found.push({
    page: address,
    overflow: root.scrollWidth - root.clientWidth,
    broken: images.filter((image) => !image.naturalWidth).map((image) => image.src),
    hits: page.querySelectorAll("#search-results li").length,
    text: page.body.innerText.length,
  });
  frame.remove();
}
window.onload = async () => {
  for (const page of pages) await open_page(page);
  const answer = document.createElement("output");
  answer.textContent = JSON.stringify(found);
  document.body.replaceChildren(answer);
};
</script><body></body>"""


@dataclass
class Visit:
    """What the browser said: one entry per page, and the lines of its console."""

    pages: list[dict]
    console: list[str]


def visit(addresses: list[str], folder: Path, width: int) -> Visit:
    """Open every address in a frame `width` pixels wide; `folder` takes the browser's own files."""
    watcher = folder / "watcher.html"
    watcher.write_text(WATCHER % (json.dumps(addresses), width), encoding="utf-8")
    command = [
        CHROMIUM,
        *FLAGS,
        f"--user-data-dir={folder / 'profile'}",
        "--dump-dom",
        watcher.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    answer = re.search(r"<output>(.*)</output>", done.stdout, flags=re.DOTALL)
    assert answer, f"the browser did not finish:\n{done.stderr[-2000:]}"
    # The theme notes what it does, as "[PST]: …"; that is no error.
    console = [
        row for row in done.stderr.splitlines() if "CONSOLE" in row and '"[PST]: ' not in row
    ]
    return Visit(json.loads(html.unescape(answer[1])), console)
