// Why there is no camera, as a sentence. error: what getUserMedia threw, by whose name browsers say it.
const NO_CAMERA = {
  NotAllowedError: "The camera was refused: allow it for this page in your browser, then try again.",
  NotFoundError: "No camera was found.",
  NotReadableError: "The camera is in use by another program, or does not work.",
  OverconstrainedError: "That camera is no longer available.",
};
const sayNoCamera = (error) => NO_CAMERA[error.name] ?? "The camera could not be started.";
