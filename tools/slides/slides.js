// Starts a deck: reveal.js with slides as large as the window, letters that shrink where a slide is full,
// and keys of our own. Explorers measure their pictures, so nothing is scaled.
(() => {
  const root = document.documentElement, asked = new URLSearchParams(location.search), paper = asked.has("print-pdf");
  const LARGEST = 1.25, SMALLEST = paper ? 0.4 : 0.6; // on paper nothing scrolls
  const STEP = 0.05, WIDE = 1.95;
  const ownKeys = ".sn-explorer, .panel[open], audio, .scrolls";

  // A picture that is not wide has words at its side, where they leave it the slide's height.
  const standsBeside = (body) => {
    const picture = body.querySelector(":scope > figure img"), others = [...body.children].filter((one) => one.tagName !== "FIGURE");
    const ratio = picture ? picture.naturalWidth / picture.naturalHeight : Infinity;
    return ratio < WIDE && others.length > 0 && others.every((one) => one.matches("p, ul, ol, .sound"));
  };

  // Shrink a slide's letters until all of it is seen; where that is not enough, it scrolls, by keyboard too.
  const fit = (slide) => {
    const body = slide?.querySelector(".body");
    if (!body) return;
    if (standsBeside(body)) {
      const words = Object.assign(document.createElement("div"), { className: "words" });
      words.append(...[...body.children].filter((one) => one.tagName !== "FIGURE"));
      body.append(words);
      body.classList.add("beside");
    }
    const boxes = [body, ...body.querySelectorAll("div.math")];
    const tooLong = () => body.scrollHeight > body.clientHeight + 1 || boxes.some((box) => box.scrollWidth > box.clientWidth + 1);
    let size = body.querySelector("figure, .explorer") ? 1 : LARGEST;
    body.style.fontSize = `${size}em`;
    while (!body.querySelector(".explorer") && tooLong() && size > SMALLEST) body.style.fontSize = `${(size -= STEP).toFixed(2)}em`;
    body.classList.toggle("scrolls", tooLong());
    if (tooLong()) Object.assign(body, { tabIndex: 0, role: "region", ariaLabel: "the slide, which scrolls" });
    else ["tabindex", "role", "aria-label"].forEach((name) => body.removeAttribute(name));
  };

  const shut = () => document.querySelectorAll(".panel[open]").forEach((panel) => (panel.open = false));
  const openOrShut = () => {
    const panels = [...Reveal.getCurrentSlide().querySelectorAll(".panel")], now = panels.findIndex((panel) => panel.open);
    shut();
    if (panels[now + 1]) (panels[now + 1].open = true), panels[now + 1].querySelector(".panel-body").focus();
  };
  const otherTheme = () => (root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark");

  // The speaker's window gets its notes as HTML: formulas need their styles there as well.
  const open = window.open.bind(window);
  window.open = (...given) => {
    const speaker = open(...given);
    const styles = document.getElementById("MJX-CHTML-styles");
    if (speaker && styles) setTimeout(() => speaker.document.head.append(styles.cloneNode(true)), 500);
    return speaker;
  };

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !document.querySelector(".panel[open]")) return;
    event.stopImmediatePropagation();
    shut();
  }, true);
  // One panel at a time, for they lie over each other.
  document.addEventListener("toggle", ({ target }) => {
    if (target.open) document.querySelectorAll(".panel[open]").forEach((panel) => panel !== target && (panel.open = false));
  }, true);

  const size = () => (paper ? { width: 1280, height: 720 } : { width: innerWidth, height: innerHeight });
  const start = async () => {
    if (window.MathJax?.startup?.promise) await MathJax.startup.promise;
    await document.fonts.ready;
    await Reveal.initialize({
      ...size(), margin: 0, minScale: 1, maxScale: 1,
      center: false, display: "flex", hash: true, slideNumber: "c/t", transition: "none", backgroundTransition: "none",
      pdfMaxPagesPerSlide: 1, showNotes: asked.get("showNotes") === "separate-page" ? "separate-page" : false,
      keyboardCondition: (event) => !event.target.closest?.(ownKeys) || event.key === "Escape",
      plugins: [RevealNotes],
    });
    Reveal.addKeyBinding({ keyCode: 67, key: "C", description: "Open or shut code and solution" }, openOrShut);
    Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Dark or light" }, otherTheme);
    window.addEventListener("resize", () => Reveal.configure(size()));
    const refit = () => fit(Reveal.getCurrentSlide());
    Reveal.on("slidechanged", () => (shut(), refit()));
    Reveal.on("resize", refit);
    if (paper) document.querySelectorAll(".reveal .slides section").forEach(fit);
    Reveal.on("overviewhidden", refit);
    document.querySelectorAll(".frame img").forEach((image) => image.addEventListener("load", refit));
    refit();
    root.classList.add("ready");
  };
  window.addEventListener("load", start);
})();
