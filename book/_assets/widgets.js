// Brings a page's explorers to life from the state that the build left in it, with no kernel and no widget manager:
// an anywidget needs a model that tells of changes, and a place to draw.
(() => {
  const parts = (kind) => document.querySelectorAll(`script[type="application/vnd.jupyter.widget-${kind}+json"]`);

  // Bytes lie beside a state, in base64, under the path where they belong.
  const restored = ({ state, buffers = [] }) => {
    for (const { path, data } of buffers) {
      const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
      path.slice(0, -1).reduce((place, key) => place[key], state)[path.at(-1)] = new DataView(bytes.buffer);
    }
    return state;
  };

  const makeModel = (state) => {
    const heard = new Map();
    const tell = (event) => [...(heard.get(event) ?? [])].forEach((told) => told());
    return {
      get: (name) => state[name],
      set: (name, value) => {
        if (state[name] === value) return;
        state[name] = value;
        tell(`change:${name}`);
        tell("change");
      },
      save_changes: () => {}, // there is nobody to send them to
      on: (events, told) => events.split(" ").forEach((event) => heard.set(event, [...(heard.get(event) ?? []), told])),
      off: (events, told) =>
        events.split(" ").forEach((event) => heard.set(event, (heard.get(event) ?? []).filter((one) => one !== told))),
      send: () => {},
    };
  };

  const styles = new Set(), models = new Map();
  const wear = (css) => {
    if (!css || styles.has(css)) return;
    styles.add(css);
    document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  };
  const load = (source) => import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));

  const show = async (view, states) => {
    const { model_id: id } = JSON.parse(view.textContent), el = document.createElement("div");
    if (!models.has(id)) models.set(id, makeModel(restored(states[id])));
    const model = models.get(id);
    wear(model.get("_css"));
    view.before(el);
    // A slider of ipywidgets, say, asks a kernel for all it does.
    if (!model.get("_esm")) return void (el.textContent = "This control needs Python: open the page as a notebook.");
    (await load(model.get("_esm"))).default.render({ model, el });
  };

  const start = () => {
    const states = Object.assign({}, ...[...parts("state")].map((part) => JSON.parse(part.textContent).state));
    for (const view of parts("view")) show(view, states);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
