"""Launch buttons, switched on by the one repository line in `_config.yml`.

Colab opens the executed notebooks, which the workflow keeps on a branch of their own. A JupyterHub
clones the repository and opens the page itself (nbgitpuller); there are many hubs, so the button asks
for the address once, unless `launch_buttons: {jupyterhub_url: ...}` names one.
"""

from typing import Any
from urllib.parse import urlencode

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

NOTEBOOKS_BRANCH = "notebooks"
COLAB = "https://colab.research.google.com/github"
FIRST_CELL = """\
# Where the package is missing, as on Colab: fetch the book's repository and install from it.
import importlib.util, sys

if importlib.util.find_spec("spectnet") is None:
    !git clone --quiet --depth 1 {url} {name}
    %cd {name}/book
    %pip install --quiet --editable ..
    sys.path.insert(0, "..")"""


def repository(config: Config) -> str:
    """The repository's address, or nothing."""
    return config.html_theme_options.get("repository_url", "").strip("/")


def configure(app: Sphinx, config: Config) -> None:
    """Take the buttons over from the theme, whose Colab link would open a Markdown file."""
    options = config.html_theme_options
    config.spectnet_hub = options.pop("launch_buttons", {}).get("jupyterhub_url", "").strip("/")
    options["use_repository_button"] = bool(repository(config))


def first_cells(app: Sphinx) -> list[dict[str, Any]]:
    """The cell that installs the package where a notebook runs alone; none without a repository."""
    url = repository(app.config)
    if not url:
        return []
    source = FIRST_CELL.format(url=url, name=url.rpartition("/")[2])
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "install",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    return [{**cell, "source": source}]


def colab_address(url: str, page: str) -> str | None:
    """Where Colab shows a page's notebook; only for GitHub, which is all that Colab can open."""
    host, _, path = url.partition("github.com/")
    return f"{COLAB}/{path}/blob/{NOTEBOOKS_BRANCH}/{page}.ipynb" if host and path else None


def hub_path(url: str, branch: str, page: str) -> str:
    """What to ask of a JupyterHub, behind its address: clone the repository and open the page."""
    target = f"lab/tree/{url.rpartition('/')[2]}/book/{page}.md"
    query = urlencode({"repo": url, "branch": branch, "urlpath": target}, safe="/:")
    return f"/hub/user-redirect/git-pull?{query}"


def buttons(url: str, branch: str, hub: str, page: str) -> list[dict[str, str]]:
    """The entries of the launch menu of one page."""
    path = hub_path(url, branch, page)
    on_hub = {"text": "JupyterHub", "icon": "fas fa-server", "tooltip": "Open this page on a JupyterHub"}
    on_hub |= (
        {"type": "link", "url": hub + path}
        if hub
        else {"type": "javascript", "javascript": f"openOnHub('{path}')"}
    )
    colab = colab_address(url, page)
    on_colab = {"text": "Colab", "icon": "fas fa-cloud", "tooltip": "Open this page in Colab", "type": "link"}
    return [on_hub] if colab is None else [on_colab | {"url": colab}, on_hub]


def add(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Put the menu on every page that runs."""
    url = repository(app.config)
    if not url or doctree is None or "exec_data" not in app.env.nb_metadata.get(page, {}):
        return
    branch = app.config.html_theme_options.get("repository_branch") or "main"
    app.add_js_file("book/launch.js")
    context["header_buttons"].insert(
        0,
        {
            "type": "group",
            "icon": "fas fa-rocket",
            "tooltip": "Open where it runs",
            "label": "launch-buttons",
            "buttons": buttons(url, branch, app.config.spectnet_hub, page),
        },
    )


def name_repository(app: Sphinx, docname: str, source: list[str]) -> None:
    """Where a page says REPOSITORY, put the address."""
    if url := repository(app.config):
        explained = "REPOSITORY is the address of the book's repository; with a copy"
        source[0] = source[0].replace(explained, "With a copy").replace("REPOSITORY", url)


def setup(app: Sphinx) -> None:
    """Configure before the theme reads its options; add after the theme made its own buttons."""
    app.add_config_value("spectnet_hub", "", "html", [str])
    app.connect("config-inited", configure, priority=400)
    app.connect("source-read", name_repository)
    app.connect("html-page-context", add, priority=600)
