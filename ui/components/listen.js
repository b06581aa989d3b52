// `listen(name, react)`: to an event of the page for as long as `element` is part of it. What is opened again is built
// anew, and its script run again.
const listen = (name, react) => {
  const hear = (event) => { if (element.isConnected) react(event); else document.removeEventListener(name, hear); };
  document.addEventListener(name, hear);
};
