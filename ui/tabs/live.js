// The Live tab: takes the camera's newest picture, asks /live about it, draws the answer; then the next one.
// `element` is the tab's own markup. One picture is on its way at a time, so none is ever queued.
const LONGEST = 640; // pixels of the longer side that are sent: what the face finder takes
const QUALITY = 0.92; // of the JPEG
const PATIENCE_MS = 3000; // before saying that the answer takes its time
const part = (selector) => element.querySelector(selector);
const video = part("video"), canvas = part("canvas"), over = part(".over"), cards = part(".cards-now");
const button = part(".start"), state = part(".state"), pace = part(".pace"), invite = part(".invite");
const choice = part("select");
const NO_CAMERAS = "Browsers allow the camera only on https pages, or on the server's own machine.";
const GONE = "The server does not answer. Start again in a moment.";
let run = null; // the run under way: {started, stream, times}

const root = new URL(String(window.gradio_config?.root || "/"), location.href).pathname.replace(/\/$/, "");
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const say = (sentence, wrong = false) => {
  if (state.textContent !== sentence) state.textContent = sentence;
  state.classList.toggle("error", wrong);
};
const put = (place, html) => { if (place.innerHTML !== html) place.innerHTML = html; };

async function start() {
  const mine = (run = { started: Date.now(), stream: null, times: [] });
  button.textContent = "Pause";
  say("Asking for the camera…");
  if (!navigator.mediaDevices) return pause(NO_CAMERAS, mine);
  try {
    mine.stream = await openCamera();
    if (run !== mine) return turnOff(mine);
    video.srcObject = mine.stream;
    canvas.hidden = invite.hidden = true;
    video.hidden = false;
    put(over, "");
    await video.play();
    await listCameras(mine);
  } catch (error) {
    return pause(sayNoCamera(error), mine);
  }
  say("Looking for faces…");
  watch(mine);
  judge(mine);
}

function openCamera() {
  const wanted = { width: { ideal: 640 }, height: { ideal: 480 } };
  if (choice.value) wanted.deviceId = { exact: choice.value };
  else wanted.facingMode = "user";
  return navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
}

async function listCameras(mine) {
  const found = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
  const now = mine.stream.getVideoTracks()[0].getSettings().deviceId;
  const name = (device, index) => new Option(device.label || `Camera ${index + 1}`, device.deviceId, false, device.deviceId === now);
  choice.replaceChildren(...found.map(name));
  choice.parentElement.hidden = found.length < 2;
}

function turnOff(mine) {
  mine.stream?.getTracks().forEach((track) => track.stop());
}

// Ends the run and turns the camera off; the last judged picture stays, with its verdicts.
function pause(sentence = "Paused. The camera is off.", mine = run) {
  if (!mine) return;
  turnOff(mine);
  if (run !== mine) return;
  run = null;
  video.srcObject = null;
  video.hidden = true;
  showFrozen();
  pace.hidden = true;
  button.textContent = "Start the camera";
  say(sentence, sentence !== "Paused. The camera is off.");
}

function showFrozen() {
  canvas.hidden = !over.hasChildNodes();
  invite.hidden = !canvas.hidden;
}

// Leaving the tab, the page or the browser's window turns the camera off.
async function watch(mine) {
  while (run === mine) {
    const ended = mine.stream.getTracks().some((track) => track.readyState === "ended");
    if (ended) return pause("The camera was turned off.", mine);
    if (document.hidden || !element.isConnected || !video.closest(".stage").checkVisibility()) return pause(undefined, mine);
    await sleep(200);
  }
}

async function judge(mine) {
  while (run === mine) {
    const began = performance.now();
    const picture = await take(mine);
    if (run !== mine) return;
    const answer = await ask(mine, picture);
    if (answer.error && run === mine) return pause(answer.error, mine);
    if (answer.error || (run && run !== mine)) return; // the camera was started anew meanwhile
    freeze();
    draw(mine, answer);
    await sleep(Math.max(0, began + answer.pause_ms - performance.now()));
  }
}

const sent = document.createElement("canvas"); // the picture on its way; `canvas` has the one that was judged last

async function take(mine) {
  while (run === mine && !video.videoWidth) await sleep(30);
  const scale = Math.min(1, LONGEST / Math.max(video.videoWidth, video.videoHeight));
  sent.width = Math.round(video.videoWidth * scale);
  sent.height = Math.round(video.videoHeight * scale);
  sent.getContext("2d").drawImage(video, 0, 0, sent.width, sent.height);
  return new Promise((done) => sent.toBlob(done, "image/jpeg", QUALITY));
}

function freeze() {
  canvas.width = sent.width;
  canvas.height = sent.height;
  canvas.getContext("2d").drawImage(sent, 0, 0);
}

async function ask(mine, picture) {
  const query = new URLSearchParams({ started: mine.started });
  element.querySelectorAll("fieldset input:checked").forEach((box) => query.append("only", box.value));
  const slow = setTimeout(() => run === mine && say("The server is slow to answer…"), PATIENCE_MS);
  try {
    const response = await fetch(`${root}/live?${query}`, { method: "POST", body: picture, headers: { "Content-Type": "image/jpeg" } });
    const answer = await response.json();
    return response.ok || answer.error ? answer : { error: GONE };
  } catch {
    return { error: GONE };
  } finally {
    clearTimeout(slow);
  }
}

function draw(mine, answer) {
  put(over, answer.over);
  put(cards, answer.cards);
  if (run !== mine) return showFrozen(); // paused meanwhile: this is the picture that stays
  say(answer.said);
  mine.times = [...mine.times, performance.now()].slice(-20);
  pace.hidden = mine.times.length < 2;
  pace.textContent = pace.hidden ? "" : `${sayPace(mine.times)} pictures per second; the server took ${Math.round(answer.milliseconds)} ms for this one.`;
}

function sayPace(times) {
  return ((1000 * (times.length - 1)) / (times.at(-1) - times[0])).toFixed(1);
}

button.addEventListener("click", () => (run ? pause() : start()));
choice.addEventListener("change", () => { if (run) { pause(); start(); } });
