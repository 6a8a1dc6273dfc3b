"""An explorer alone on a page: its module, style and state, and a model that answers as a widget's does.

No kernel, no widget manager and no book have to be there, so that only the explorer's own work is measured.
"""

from __future__ import annotations

import base64
import json

import anywidget

_PAGE = """<!doctype html>
<html lang="en" data-theme="light"><head><meta charset="utf-8"><title>An explorer alone</title>
<link rel="icon" href="data:,"><style>body { max-width: 760px; margin: 1rem auto }
%(style)s</style></head>
<body><div id="here"></div>
<script type="module">
const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const state = JSON.parse(%(state)s, (_, v) => (typeof v?.base64 === "string" ? bytes(v.base64) : v));
const heard = [];
window.model = {
  get: (name) => state[name],
  set: (name, value) => {
    if (state[name] === value) return;
    state[name] = value;
    for (const [event, told] of heard) if (event === `change:${name}`) told();
  },
  save_changes: () => heard.forEach(([event, told]) => event === "change" && told()),
  on: (events, told) => events.split(" ").forEach((event) => heard.push([event, told])),
  off: () => {},
};
const source = new Blob([%(module)s], { type: "text/javascript" });
const { default: explorer } = await import(URL.createObjectURL(source));
await explorer.render({ model, el: document.getElementById("here") });
</script></body></html>
"""


def explorer_page(explorer: anywidget.AnyWidget) -> str:
    """The whole HTML of a page that shows `explorer` as it stands now; `window.model` moves it."""
    state = {name: value for name, value in explorer.get_state().items() if not name.startswith("_")}
    parts = {"state": json.dumps(state, default=_in_base64), "module": str(explorer._esm)}
    literals = {name: json.dumps(text).replace("</", "<\\/") for name, text in parts.items()}
    return _PAGE % {"style": explorer._css, **literals}


def _in_base64(value: bytes | memoryview) -> dict[str, str]:
    return {"base64": base64.b64encode(value).decode()}
