// `linkTo(path)`: where the page serves a visitor's own upload.
const linkTo = (path) => {
  const root = String(window.gradio_config?.root ?? "").replace(/\/$/, "");
  return new URL(`${root}/gradio_api/file=${path.split("/").map(encodeURIComponent).join("/")}`, location.href).href;
};
