/* Added to pages by `agentledger serve` alone: shows the new page as soon as there is one. */
(function () {
  "use strict";

  var shown = document.currentScript.dataset.etag, key = "agentledger " + location.pathname, events = null;

  function details() {
    return Array.prototype.map.call(document.querySelectorAll("details"), function (it) {
      var summary = it.querySelector("summary");
      return { it: it, name: summary ? summary.textContent : "" };
    });
  }

  function find(place) {
    return place.id ? document.getElementById(place.id) : document.getElementsByName(place.name)[0];
  }

  function keep() {
    var open = {}, at = document.activeElement || {};
    details().forEach(function (entry) { open[entry.name] = entry.it.open; });
    var place = at.id || at.name ? { id: at.id, name: at.name } : null;
    sessionStorage.setItem(key, JSON.stringify({ x: scrollX, y: scrollY, open: open, place: place }));
  }

  function restore() {
    var kept = JSON.parse(sessionStorage.getItem(key) || "null");
    sessionStorage.removeItem(key);
    if (!kept) { return; }
    details().forEach(function (entry) {
      if (entry.name in kept.open) { entry.it.open = kept.open[entry.name]; }
    });
    var at = kept.place && find(kept.place);
    if (at) { at.focus({ preventScroll: true }); }
    scrollTo(kept.x, kept.y);
  }

  /* Asks about this very page: one that did not change is left alone, whatever else did. */
  function look() {
    fetch(location.pathname, { method: "HEAD", cache: "no-store" }).then(function (answer) {
      if ((answer.headers.get("ETag") || "").replace(/"/g, "") !== shown) {
        keep();
        location.reload();
      }
    }, function () { /* The server is gone; the stream of events comes back when it does. */ });
  }

  /* A browser allows six connections to a server, so only pages that somebody sees hold one. */
  function listen() {
    if (document.hidden) {
      if (events) { events.close(); }
      events = null;
    } else if (!events) {
      events = new EventSource("/events");
      events.onopen = look; /* for what changed while nobody listened */
      events.addEventListener("changed", look);
    }
  }

  restore();
  document.addEventListener("visibilitychange", listen);
  listen();
}());
