// Runs in every page and frame before its own scripts: notes what a hostile text would do, and judges what is painted.
(() => {
  const seen = (window.__watch = { ran: [], long: [], paints: [], faults: [] });
  for (const name of ["alert", "confirm", "prompt", "print", "open"]) {
    window[name] = (...given) => void seen.ran.push(`${name}(${String(given[0]).slice(0, 80)})`);
  }
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) seen.long.push({ at: task.startTime, took: task.duration });
  }).observe({ type: "longtask", buffered: true });

  const TAGS = new Set(
    ("p br hr h1 h2 h3 h4 h5 h6 blockquote pre code em strong s ul ol li table thead tbody tr th td a span img div " +
      "details summary").split(" "),
  );
  const ATTRIBUTES = { a: ["href", "title", "target", "rel"], img: ["src", "alt"], ol: ["start"] };
  ATTRIBUTES.th = ATTRIBUTES.td = ["align"];
  const CLASS = /^(ofox-([ckmsbfdxi]|code|part|plain|host|note)( ofox-part)?|mathjax_process)$/;
  const ROOT = "ofox-answer mathjax_ignore tex2jax_ignore";
  const PICTURE = /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+\/=]+$/;

  const attributeFault = (element, tag, { name, value }) => {
    if (name === "class") return tag === "div" ? value !== ROOT : !CLASS.test(value);
    if (!(ATTRIBUTES[tag] || []).includes(name)) return true;
    if (name === "href") return !/^(https?:|mailto:)/.test(element.href) || !/^(https?:|mailto:)/i.test(value);
    if (name === "src") return !PICTURE.test(value);
    return name === "target" && value !== "_blank";
  };
  // What MathJax made of a formula: its own elements, which lead nowhere and load nothing.
  const mathFaults = (math) =>
    [math, ...math.querySelectorAll("*")].flatMap((element) => {
      const tag = element.localName;
      const ours = /^(mjx-|math$|m[a-z]+$|semantics$|annotation$|svg$|g$|path$|defs$|use$|rect$|line$|text$)/;
      const odd = ours.test(tag) ? [] : [`<${tag}> in a formula`];
      for (const { name, value } of element.attributes) {
        const leads = /^(on|src|action|formaction|data-(?!mjx|mml|c$|latex|semantic))/.test(name) || /href$/.test(name);
        const loads = name === "style" && /url\(|image|position:\s*fixed|expression/i.test(value);
        const named = name === "class" && !/^((MathJax|CtxtMenu_|mjx-|MJX-|TEX-)[\w-]*(\s+|$))+$/.test(value);
        const id = name === "id" && !/^(MJX-|mjx-)/.test(value);
        if (leads || loads || named || id) odd.push(`<${tag} ${name}="${value.slice(0, 60)}"> in a formula`);
      }
      return odd;
    });
  // The one style is ours, stands first and is the same in every output.
  let style = null;
  const isOurStyle = (element, root) => {
    if (element.localName !== "style" || element.parentNode !== root || element.attributes.length) return false;
    style ??= element.textContent;
    return element.textContent === style && style.includes(".ofox-answer{");
  };
  // JupyterLab's table of contents puts one into headings, after they were painted.
  const isLabsNumber = (element) => element.matches(":is(h1, h2, h3, h4, h5, h6) > span.numbering-entry:first-child");
  window.__audit = (root, isLater) => {
    const faults = [];
    for (const element of root.querySelectorAll("*")) {
      const math = element.closest("mjx-container");
      if (math && root.contains(math)) {
        if (math === element) faults.push(...mathFaults(math));
        continue;
      }
      if (isOurStyle(element, root) || (isLater && isLabsNumber(element))) continue;
      const tag = element.localName;
      const isHtml = element.namespaceURI === "http://www.w3.org/1999/xhtml";
      if (!TAGS.has(tag) || !isHtml) faults.push(`<${tag}>`);
      if ((tag === "div") !== (element.parentNode === root)) faults.push(`<${tag}> in the wrong place`);
      for (const attribute of element.attributes) {
        if (attributeFault(element, tag, attribute)) {
          faults.push(`<${tag} ${attribute.name}="${attribute.value.slice(0, 60)}">`);
        }
      }
    }
    return faults;
  };

  // JupyterLab paints an output by its innerHTML. Judged here, before MathJax and before anyone else touches it.
  const html = Object.getOwnPropertyDescriptor(Element.prototype, "innerHTML");
  Object.defineProperty(Element.prototype, "innerHTML", {
    ...html,
    set(value) {
      html.set.call(this, value);
      if (!this.classList.contains("jp-RenderedHTMLCommon")) return;
      seen.paints.push({ at: performance.now(), size: String(value).length });
      const faults = window.__audit(this);
      if (faults.length) seen.faults.push({ html: String(value).slice(-300), faults: faults.slice(0, 5) });
    },
  });

  // Where the window's reader is: of each frame the time and how far from the window's top the marked heading stands.
  window.__follow = (words) => {
    const places = (seen.places = []);
    const note = () => {
      const marked = [...document.querySelectorAll(".ofox-answer :is(h1, h2, h3)")].find((h) => h.textContent === words);
      places.push({ at: performance.now(), y: marked ? marked.getBoundingClientRect().y : null });
      if (seen.places === places) requestAnimationFrame(note);
    };
    note();
  };
})();
