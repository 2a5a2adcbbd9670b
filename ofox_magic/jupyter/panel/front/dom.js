// Elements, icons and a few words about both. All text that is not ours goes through textContent.

const ICONS = {
  send: "M3 11.5 20 4l-4.5 16-4-6.5L3 11.5Zm8.5 2L20 4",
  stop: "M7 7h10v10H7z",
  copy: "M9 9h10v11H9zM5 15V4h10",
  again: "M19 12a7 7 0 1 1-2.3-5.2M19 3v4.5h-4.5",
  edit: "M4 20l1-4L16 5l3 3L8 19l-4 1ZM14 7l3 3",
  undo: "M9 7 5 11l4 4M5 11h9a5 5 0 0 1 0 10h-3",
  redo: "M15 7l4 4-4 4M19 11h-9a5 5 0 0 0 0 10h3",
  clear: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  attach: "M18 11l-7 7a4 4 0 0 1-6-6l8-8a3 3 0 0 1 4 4l-8 8a1 1 0 0 1-2-2l7-7",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12Zm10-3a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z",
  down: "M6 9l6 6 6-6",
  left: "M15 6l-6 6 6 6",
  right: "M9 6l6 6-6 6",
  close: "M6 6l12 12M18 6 6 18",
  sent: "M4 5h16v14H4zM4 9h16M8 13h8M8 16h5",
  tool: "M14 6a4 4 0 0 0-5 5l-6 6 4 4 6-6a4 4 0 0 0 5-5l-3 3-3-1-1-3 3-3Z",
  talk: "M4 5h16v11H10l-5 4v-4H4z",
};

// make("p", {class: "x", text: "…", on: {click}, title: "…"}, child, …): an element
function make(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name === "on") for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    else if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

// The option number `place` of a list is the one that Enter takes, and `field` says so to a screen reader.
function markOption(list, field, id, place) {
  [...list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === place)));
  field.setAttribute("aria-activedescendant", id);
  list.children[place]?.scrollIntoView({ block: "nearest" });
}

// A button with an icon; its label is its name for everybody, and shown where `shown` says so.
function iconButton(name, label, handler, { shown = false, ...options } = {}) {
  return make(
    "button",
    { type: "button", class: "ofox-button", title: label, "aria-label": label, on: { click: handler }, ...options },
    icon(name),
    shown ? make("span", { text: label }) : null,
  );
}

// Figures beside each other; those that there is no room for are in the title.
function showFigures(node, figures) {
  node.replaceChildren(...figures.map((text) => make("span", { text })));
  node.title = figures.join(" · ");
}

function chip({ words, picture }, remove) {
  const isPicture = /^(data:image\/(png|jpeg|webp|gif);base64,|blob:)/.test(picture || "");
  return make(
    "li",
    { class: "ofox-chip" },
    isPicture ? make("img", { src: picture, alt: "" }) : null,
    make("span", { text: words }),
    remove ? iconButton("close", `Remove ${words}`, remove) : null,
  );
}

async function copyText(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // a page that was not served over https has no clipboard of that kind
    const area = make("textarea", { class: "ofox-hidden", readOnly: true, "aria-hidden": "true" });
    area.value = text;
    button.after(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  const label = button.getAttribute("aria-label");
  button.classList.add("ofox-did");
  button.setAttribute("aria-label", "Copied");
  setTimeout(() => {
    button.classList.remove("ofox-did");
    button.setAttribute("aria-label", label);
  }, 1200);
}
