"""What the site of docs/ has to know of the repository around it: mkdocs calls these functions while it builds.

The README and its like become pages. Links are those that work on GitHub and where the package index shows the README,
so each is turned into the one that works here: to the page, if what it names is one, else to the repository.
"""

from __future__ import annotations

import logging
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

log = logging.getLogger("mkdocs.hooks.site")
ROOT = Path(__file__).resolve().parents[1]
# What of the repository is shown, and under which name.
SHOWN = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "CODE_OF_CONDUCT.md": "code-of-conduct.md",
    "SECURITY.md": "security.md",
    "benches/results/chart.svg": "plots/chart.svg",
}
REPOSITORY = "https://github.com/ssewire/ssewire"
OURS = re.compile(rf"{REPOSITORY}/(?:blob|tree)/main/|https://raw\.githubusercontent\.com/ssewire/ssewire/main/")
# A link or a picture, or the target of a reference; not what looks like one inside of code.
LINK = re.compile(r"(?P<before>\]\(|^\[[^]]+\]:\s*)(?P<target>[^)\s]+)", re.MULTILINE)
CODE = re.compile(r"(^```.*?^```|`[^`\n]+`)", re.DOTALL | re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what lies outside of docs/."""
    for path, name in SHOWN.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - mkdocs' call
    """Turn the links of a page into those that work on the site."""
    name = page.file.src_uri
    source = next((path for path, shown in SHOWN.items() if shown == name), f"docs/{name}")
    parts = CODE.split(markdown)  # every second one is code
    parts[::2] = (
        LINK.sub(lambda link: link["before"] + turned(link["target"], source, name, files), part) for part in parts[::2]
    )
    return "".join(parts)


def turned(target: str, source: str, name: str, files: Files) -> str:
    """The target of a link in the file `source`, for the page `name`."""
    path, hash_, anchor = target.partition("#")
    if OURS.match(path):
        path = OURS.sub("", path)
    elif ":" in path or not path:
        return target
    else:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    shown = SHOWN.get(path, path.removeprefix("docs/"))
    if files.get_file_from_path(shown) and (path in SHOWN or path.startswith("docs/")):
        return posixpath.relpath(shown, posixpath.dirname(name) or ".") + hash_ + anchor
    if not (ROOT / path).exists():
        log.warning("%s links to %s, which is not there", source, target)  # which a strict build ends with
    return f"{REPOSITORY}/{'tree' if (ROOT / path).is_dir() else 'blob'}/main/{path}{hash_}{anchor}"
