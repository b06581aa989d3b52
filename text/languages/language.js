// The page in the language that a visitor chose: what the server and the framework write in English is looked up in a
// catalogue and replaced before it is painted. docs/languages.md says how a catalogue is made. The script stands in the head
// of every page, in front of the framework's. FILES, at its end, names the catalogues; English needs none.
((files) => {
  const KEPT = "facejury-language"; // in localStorage
  const LEFT_ALONE = "script, style, template, textarea, code, pre, time, .api-docs, .as-given label, .file-preview .filename, .file-name";
  const ATTRIBUTES = ["title", "aria-label", "placeholder", "alt", "data-label"];
  const INLINE = "strong, em, b, i, small, a, code, br, span, button, time";
  const BLANKS = /[^\S\u202f]+/g; // \u202f stands for one within a name that would else look like two, see list_names in ui/render
  const PATIENCE = 1500; // milliseconds for which the page waits for its catalogue unseen
  const SEPARATORS = [" · ", " – ", /(?<=[.!?…]”?(?:<\/\d+>)?)\s+/, "; ", ": ", ", "];
  const base = new URL(document.currentScript.dataset.root, document.baseURI);
  const html = document.documentElement, spoken = [...(navigator.languages ?? [])];
  // The framework would translate its own words, and only those, into the browser's language.
  for (const [name, value] of [["language", "en"], ["languages", ["en"]]]) Object.defineProperty(navigator, name, { value, configurable: true });
  let current = "en", exact = null, patterns = [], found = new Map(), missing = new Set();

  // Sentences
  const escape = (text) => text.replace(/[.*+?^$()|[\]\\{}]/g, "\\$&");
  const SHAPES = { // of a placeholder's value, by its name without a number
    number: "[-+−]?\\d[\\d.,]*", percent: "(?:under |over )?[\\d.,–]+ %", interval: "\\d\\.\\d{3} \\[[^\\]]*\\]", names: "[^;<]+?", name: "(?:(?!\\. | · )[^;<])+?",
  };
  const shapeOf = (name) => SHAPES[name.replace(/\d+$/, "")] ?? "(?:(?!\\. | · )[^<])+?"; // of one sentence
  const asPattern = ([english, translation]) => {
    const names = [...english.matchAll(/\{(\w+)\}/g)].map((one) => one[1]);
    const parts = english.split(/\{\w+\}/).map(escape);
    const regex = parts.map((part, at) => part + (at < names.length ? `(${shapeOf(names[at])})` : "")).join("");
    return { names, translation, regex: new RegExp(`^${regex}$`), weight: english.replace(/\{\w+\}/g, "").length };
  };
  const isNeutral = (text) => !/\p{L}{2}/u.test(text.replace(/<\/?\d+\/?>/g, "").replace(/\b(px|JPEG|MB|GB|KB|kHz|Hz|ms|UTC|AUC|SHA|CSV|JSON)\b/g, ""));
  // 2,041 is 2.041 in German, and 0.912 [0.900, 0.923] is 0,912 [0,900; 0,923]; versions and times stay.
  const NUMBER = /(?<![\p{L}\d.,:_])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+)(?![\p{L}\d_]|[.,:]\d)/gu;
  const sayNumber = (text) => {
    const digits = text.split(".")[1]?.length ?? 0, useGrouping = text.includes(",") && "auto"; // auto: as the language does
    return new Intl.NumberFormat(current, { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping }).format(text.replaceAll(",", ""));
  };
  const sayNumbers = (text) => {
    const said = text.replace(NUMBER, sayNumber);
    return text.includes("[") && sayNumber("0.5").includes(",") ? said.replace(/, (?=[^[]*\])/g, "; ") : said;
  };
  // Detectors, files and people are called what they are called; only these are names of ours.
  const OURS = /^([Tt]he (jury|face|sound|whole picture|whole frame)|[Yy]ou|(Face|Person) \d+)$/;
  const sayName = (name) => name.split(", ").map((one) => (OURS.test(one) ? look(one) ?? one : one)).join(", ");
  // {verdict} must be known, or it is another sentence; other values stay as they are where they are not
  const isSense = (names, values) => names.every((name, at) => !name.startsWith("verdict") || (!isNeutral(values[at]) && look(values[at]) !== null));
  const fill = (translation, names, values) => translation.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[names.indexOf(name)];
    if (!name.startsWith("name")) return look(value) ?? value;
    const said = (name.startsWith("names") ? value.split(/, | and /) : [value]).map(sayName), last = said.pop();
    return said.length ? said.join(", ") + (exact.get(" and ") ?? ", ") + last : last;
  });
  const LOOSE = 3; // letters of a pattern such as "{name}: {verdict}", which is tried last
  const lookPattern = (text, isLoose) => {
    for (const { names, translation, regex, weight } of patterns) {
      if (isLoose !== weight < LOOSE) continue;
      const values = regex.exec(text)?.slice(1);
      if (values && isSense(names, values)) return fill(translation, names, values);
    }
    return null;
  };
  const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1), lower = (text) => text.charAt(0).toLowerCase() + text.slice(1);
  const lookCase = (text, lookUp) => {
    const said = lookUp(text) ?? null;
    if (said !== null || !/^\p{Lu}/u.test(text)) return said;
    const small = lookUp(lower(text)) ?? null;
    return small && upper(small);
  };
  // A text as it stands, else with another first letter, without its full stop, or by its pattern.
  const lookAround = (text) => {
    const said = lookCase(text, (one) => exact.get(one) ?? lookPattern(one, false));
    if (said !== null) return said;
    const inner = text.endsWith(".") ? lookAround(text.slice(0, -1)) : null;
    return inner ? inner + (exact.get(".") ?? ".") : lookCase(text, (one) => lookPattern(one, true));
  };
  const DATE = /^\d{1,2} [A-Z][a-z]+ \d{4}(, \d\d:\d\d)?( UTC)?$/;
  const sayDate = (text, time, zone = "") => {
    const style = time ? { dateStyle: "medium", timeStyle: "short" } : { dateStyle: "long" };
    return new Date(`${text.replace(zone, "")} UTC`).toLocaleString(current, { ...style, timeZone: "UTC" }) + zone;
  };
  // null where nothing is known of it
  const look = (text) => {
    if (isNeutral(text)) return sayNumbers(text);
    const date = DATE.exec(text), whole = date ? sayDate(...date) : lookAround(text);
    if (whole !== null) return whole;
    for (const separator of SEPARATORS) {
      const parts = text.split(separator);
      if (parts.length < 2) continue;
      const said = parts.map(look), isLoose = [" · ", " – "].includes(separator);
      if (!isLoose && said.includes(null)) continue;
      if (said.every((one, at) => one === null || one === parts[at])) continue;
      return said.map((one, at) => one ?? parts[at]).join(separator instanceof RegExp ? " " : separator);
    }
    return null;
  };
  const translate = (text) => {
    const [, before, inner, after] = /^(\s*)([^]*?)(\s*)$/.exec(text);
    if (!inner) return text;
    if (isNeutral(inner)) return before + sayNumbers(inner) + after;
    const plain = inner.replace(BLANKS, " ");
    if (!found.has(plain)) {
      if (found.size > 5000) found.clear();
      found.set(plain, look(plain));
      if (found.get(plain) === null) missing.add(plain);
    }
    const said = found.get(plain);
    return said === null ? null : before + said + after;
  };

  // Nodes: what was English, and what stands there instead
  const texts = new Map(), attributes = new Map(), mixes = new Map(), choices = new Map(), written = new WeakMap(); // parts of a mix
  const inEnglish = new Set(); // marked so, for screen readers
  const isOurs = (node) => {
    const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
    if (!element) return false;
    return !element.closest(LEFT_ALONE) && (element.translate ?? !element.closest("[translate=no]")); // SVG has no such property
  };
  const sayText = (node) => {
    const record = texts.get(node);
    if (record?.to === node.data || written.get(node) === node.data || !node.data.trim() || !isOurs(node)) return;
    const from = node.data, to = translate(from), parent = node.parentElement;
    texts.delete(node);
    if (to === null && !parent.lang) { parent.lang = "en"; inEnglish.add(parent); }
    if (to !== null && inEnglish.delete(parent)) parent.removeAttribute("lang");
    if (to === null || to === from) return;
    texts.set(node, { from, to });
    node.data = to;
  };
  const sayAttribute = (element, name) => {
    const from = element.getAttribute(name), kept = attributes.get(element) ?? {};
    if (from === null || kept[name]?.to === from || !from.trim() || element.translate === false) return;
    const to = translate(from);
    if (to === null || to === from) return;
    attributes.set(element, { ...kept, [name]: { from, to } });
    element.setAttribute(name, to);
  };
  // A sentence with a word in bold, or a link, is one text, "<1>Fake</1> and <2>Real</2>: …": other languages order it otherwise.
  const isMixed = (element) => {
    const parts = [...element.childNodes].filter((one) => one.nodeType !== Node.COMMENT_NODE);
    return element.childElementCount > 0 && parts.some((one) => one.nodeType === Node.TEXT_NODE && one.data.trim()) &&
      [...element.children].every((one) => one.matches(INLINE) && !one.childElementCount);
  };
  const asText = (element) => {
    let at = 0;
    return [...element.childNodes].map((one) => {
      if (one.nodeType === Node.TEXT_NODE) return one.data;
      if (one.nodeType !== Node.ELEMENT_NODE) return "";
      at += 1;
      return !one.textContent || !isOurs(one) ? `<${at}/>` : `<${at}>${one.textContent}</${at}>`;
    }).join("").replace(BLANKS, " ").trim();
  };
  const sayMix = (element) => {
    if (!isMixed(element) || !isOurs(element)) return false;
    const english = asText(element);
    if (mixes.get(element)?.to === english) return true;
    const said = look(english);
    if (said === null) return false;
    const from = [...element.childNodes].map((node) => ({ node, text: node.nodeType === Node.TEXT_NODE ? node.data : node.textContent }));
    const children = [...element.children], parts = [];
    for (const [, text, at, inner, empty] of said.matchAll(/([^<]+)|<(\d+)>(.*?)<\/\2>|<(\d+)\/>/g)) {
      const child = text ? document.createTextNode(text) : children[(at ?? empty) - 1];
      if (inner !== undefined && child?.firstChild) { child.firstChild.data = inner; written.set(child.firstChild, inner); }
      if (text) written.set(child, text);
      if (child) parts.push(child);
    }
    element.replaceChildren(...parts);
    mixes.set(element, { from, to: asText(element) });
    return true;
  };
  const sayTree = (root) => {
    if (root.nodeType === Node.TEXT_NODE) {
      const parent = root.parentElement, around = parent?.matches(INLINE) ? parent.parentElement : null;
      if (parent && !(around && sayMix(around)) && !sayMix(parent)) sayText(root);
      return;
    }
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    if (root.parentElement && root.matches(INLINE) && sayMix(root.parentElement)) return;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = root; node; ) {
      let isDone = false;
      if (node.nodeType === Node.TEXT_NODE) sayText(node);
      else {
        for (const name of ATTRIBUTES) if (node.hasAttribute(name) && (name !== "data-label" || node.tagName === "TD")) sayAttribute(node, name);
        if (node.matches("select.language")) node.value = current;
        isDone = sayMix(node);
      }
      node = isDone ? nextAfter(walker, root) : walker.nextNode();
    }
  };
  const nextAfter = (walker, root) => {
    let node = walker.nextSibling();
    while (!node && walker.currentNode !== root) { walker.parentNode(); if (walker.currentNode === root) return null; node = walker.nextSibling(); }
    return node;
  };
  // What a dropdown of the framework shows is an input's value, of which no observer hears.
  const sayChoices = () => {
    for (const input of document.querySelectorAll("input[role=combobox]")) {
      if ((input === document.activeElement && !input.readOnly) || choices.get(input)?.to === input.value) continue;
      const to = input.value && !isNeutral(input.value) && translate(input.value);
      if (to && to !== input.value) { choices.set(input, { from: input.value, to }); input.value = to; }
    }
  };
  // Texts of the stylesheet: its properties --say-…
  const saySheet = () => {
    for (const sheet of document.styleSheets) {
      for (const rule of sheet.cssRules) {
        if (rule.selectorText !== ":root") continue;
        for (const name of rule.style) {
          const english = name.startsWith("--say-") && JSON.parse(rule.style.getPropertyValue(name).trim());
          const to = english && translate(english);
          if (to && html.style.getPropertyValue(name) !== JSON.stringify(to)) html.style.setProperty(name, JSON.stringify(to));
        }
      }
    }
  };
  const observer = new MutationObserver((records) => {
    for (const { type, target, attributeName, addedNodes } of records) {
      if (attributeName === "lang") { if (target === html && html.lang !== current) html.lang = current; } // the framework writes it, too
      else if (type === "attributes") { if (attributeName !== "data-label" || target.tagName === "TD") sayAttribute(target, attributeName); }
      else if (type === "characterData") sayTree(target);
      else {
        for (const node of addedNodes) if (node.isConnected) sayTree(node);
        if ([...addedNodes].some((node) => node.nodeName === "STYLE")) saySheet();
      }
    }
    sayChoices();
    forget();
    observer.takeRecords(); // what was written here
  });
  const forget = () => {
    for (const kept of [texts, attributes, mixes, choices, inEnglish]) if (kept.size > 4000) for (const node of kept.keys()) if (!node.isConnected) kept.delete(node);
  };
  const restore = () => {
    observer.disconnect();
    for (const [element, { from, to }] of mixes) {
      if (asText(element) !== to) continue; // the page has written something else there since
      for (const { node, text } of from) if (node.nodeType === Node.TEXT_NODE) node.data = text; else if (node.firstChild?.data) node.firstChild.data = text;
      element.replaceChildren(...from.map((one) => one.node));
    }
    for (const [node, { from, to }] of texts) if (node.data === to) node.data = from;
    for (const [element, kept] of attributes) for (const name in kept) if (element.getAttribute(name) === kept[name].to) element.setAttribute(name, kept[name].from);
    for (const [input, { from, to }] of choices) if (input.value === to) input.value = from;
    for (const element of inEnglish) element.removeAttribute("lang");
    for (const name of [...html.style]) if (name.startsWith("--say-")) html.style.removeProperty(name);
    for (const kept of [texts, attributes, mixes, choices, inEnglish, found, missing]) kept.clear();
    exact = null;
  };

  // The choice
  const KNOWN = ["en", ...Object.keys(files)];
  const choose = () => {
    let kept = null;
    try { kept = localStorage.getItem(KEPT); } catch { /* a browser that keeps nothing */ }
    return KNOWN.includes(kept) ? kept : spoken.map((one) => one.split("-")[0]).find((one) => KNOWN.includes(one)) ?? "en";
  };
  const begin = (language) => {
    current = html.lang = language;
    const local = spoken.find((one) => one.split("-")[0] === language);
    html.dataset.locale = local ?? language; // for dates
    for (const menu of document.querySelectorAll("select.language")) menu.value = language;
  };
  const fetchCatalogue = async (language) => {
    const answer = await fetch(new URL(`languages/${files[language]}`, base));
    if (!answer.ok) throw new Error(`no catalogue: ${answer.status}`);
    return Object.entries(await answer.json());
  };
  let asked = 0; // how often a language was chosen: a catalogue may come when another one is wanted by then
  const speak = async (language) => {
    const call = ++asked, entries = language === "en" ? null : await fetchCatalogue(language).catch(() => null);
    if (call !== asked) return;
    if (exact) restore();
    if (!entries) return begin("en");
    exact = new Map(entries.filter(([english]) => !english.includes("{")));
    patterns = entries.filter(([english]) => english.includes("{")).map(asPattern).sort((one, other) => other.weight - one.weight);
    begin(language);
    sayTree(html);
    saySheet();
    sayChoices();
    observer.observe(html, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: [...ATTRIBUTES, "lang"] });
  };
  document.addEventListener("change", (event) => {
    if (!event.target.matches?.("select.language")) return;
    try { localStorage.setItem(KEPT, event.target.value); } catch { /* then it holds until the page is left */ }
    speak(event.target.value);
  });
  document.addEventListener("focusout", () => exact && setTimeout(sayChoices));
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.(".in-english")) return;
    const menu = document.querySelector("select.language");
    menu.value = "en";
    menu.dispatchEvent(new Event("change", { bubbles: true }));
    menu.focus();
  });
  html.classList.add("has-languages");
  window.facejuryLanguage = { missing: () => [...missing] }; // for whoever makes a catalogue
  const first = choose(), show = () => { html.style.removeProperty("visibility"); };
  if (first === "en") { begin("en"); return; }
  html.style.visibility = "hidden"; // not first English, then another language
  setTimeout(show, PATIENCE);
  speak(first).finally(show);
})(FILES);
