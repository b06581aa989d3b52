// What is not queued (QUICK in ui/server/events.py) fails without a word from Gradio: the sentence is shown here, for a
// while. `element` holds the place for it.
{
  const SHOWN_MS = 10_000;
  const UNREACHED = "The server does not answer. Try again in a moment.";
  const WRONG = "Something went wrong on this server. Its log says what.";
  const place = element.querySelector(".refused"), plainly = window.fetch;
  let timer;
  const say = (sentence) => {
    place.textContent = sentence;
    place.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(() => { place.hidden = true; }, SHOWN_MS);
  };
  const sayWhy = async (answer) => {
    const { error } = await answer.json().catch(() => ({}));
    say(answer.status === 401 ? "Please sign in first: reload this page." : error || WRONG);
  };
  window.fetch = async (...asked) => {
    const isQuick = String(asked[0]?.url ?? asked[0]).includes("/gradio_api/run/");
    const answer = await plainly(...asked).catch((error) => { if (isQuick) say(UNREACHED); throw error; });
    if (isQuick && !answer.ok) sayWhy(answer.clone());
    return answer;
  };
}
