// There are many JupyterHubs: ask for the address of the reader's own, once.
function openOnHub(path) {
  const hub = prompt("Address of your JupyterHub, such as https://hub.example.edu", localStorage.getItem("hub") ?? "");
  if (!hub) return;
  localStorage.setItem("hub", hub);
  window.open(hub.replace(/\/+$/, "") + path, "_blank", "noopener");
}
