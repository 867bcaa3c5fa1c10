"use strict";

// The page keeps itself up to date: the server sends the sections that changed, as
// HTML that it has escaped.
const link = document.getElementById("link");
const now = document.getElementById("now");

function say(text, live) {
  link.textContent = text;
  link.classList.toggle("live", live);
}

// The whole query goes along: it has the Region, if one was chosen.
const stream = new EventSource("/_awssim/page/stream" + location.search);
stream.onopen = () => say("live", true);
stream.onerror = () => say("the simulator does not answer", false);
stream.onmessage = (message) => {
  const change = JSON.parse(message.data);
  for (const [id, html] of Object.entries(change.sections)) {
    const section = document.getElementById(id);
    // A list that is open is not taken from under the pointer.
    if (section && !(id === "region" && section.contains(document.activeElement))) {
      section.innerHTML = html;
    }
  }
  now.dateTime = change.now;
  now.textContent = new Date(change.now).toISOString().slice(11, 19);
};

document.getElementById("region").addEventListener("change", (event) => event.target.form.submit());
