/* What a script adds to pages that are complete without it: ages, copying, a filter, keys. */
(function () {
  "use strict";

  /* Each unit, its length, and from when on it is used: hours up to three days, as everywhere else. */
  var UNITS = [["y", 31557600], ["mo", 2629800], ["d", 86400, 262800], ["h", 3600], ["min", 60]];

  function each(selector, use) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), use);
  }

  /* "3 h ago", and of a wait "for 3 h". */
  function age(seconds, waits) {
    for (var i = 0; i < UNITS.length; i += 1) {
      if (seconds >= (UNITS[i][2] || UNITS[i][1])) {
        var length = Math.floor(seconds / UNITS[i][1]) + " " + UNITS[i][0];
        return waits ? "for " + length : length + " ago";
      }
    }
    return "just now";
  }

  /* The absolute time stays in the title; "UTC" after it would be wrong for an age. */
  function showAges() {
    var now = Date.now();
    each("time", function (time) {
      if (!time.title) {
        time.title = time.textContent + " UTC";
        var next = time.nextSibling;
        if (next && next.nodeType === 3) { next.data = next.data.replace(/^ UTC/, ""); }
      }
      var text = age((now - Date.parse(time.dateTime)) / 1000, time.className === "since");
      if (time.textContent !== text) { time.textContent = text; }
    });
  }

  function copy(code, button) {
    function told() {
      button.textContent = "Copied";
      setTimeout(function () { button.textContent = "Copy"; }, 1500);
    }
    function byHand() {
      getSelection().selectAllChildren(code);
      if (document.execCommand("copy")) { told(); }
    }
    if (navigator.clipboard) {
      navigator.clipboard.writeText(code.textContent).then(told, byHand);
    } else {
      byHand();
    }
  }

  function addCopyButtons() {
    each(".do > code, .paste > pre", function (code) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = "Copy";
      var text = code.matches("pre");
      button.setAttribute("aria-label", text ? "Copy the text" : "Copy: " + code.textContent);
      button.addEventListener("click", function () { copy(code, button); });
      code.insertAdjacentElement(text ? "beforebegin" : "afterend", button);
    });
  }

  /* The branches that change a path containing `text`, as a set of page names; null without a list of paths. */
  function changing(text) {
    var data = window.agentledgerPaths;
    if (!data) { return null; }
    var hits = {}, rows = {};
    data.paths.forEach(function (path, number) {
      if (path.toLowerCase().indexOf(text) >= 0) { hits[number] = true; }
    });
    Object.keys(data.rows).forEach(function (row) {
      rows[row] = data.rows[row].some(function (number) { return hits[number]; });
    });
    return rows;
  }

  function startFilter() {
    var box = document.querySelector(".filter");
    if (!box) { return; }
    var fields = {};
    ["q", "agent", "state", "path"].forEach(function (name) {
      var field = box.querySelector("[name=" + name + "]");
      if (field) { fields[name] = field; }
    });
    var rows = [], ended = document.querySelector(".ended"), wasOpen = ended && ended.open;
    each("[data-state]", function (section) {
      Array.prototype.forEach.call(section.querySelectorAll(".rows > li"), function (row) {
        var agent = row.querySelector("p:last-child > span:not([class])");
        rows.push({
          row: row, section: section, state: section.dataset.state,
          page: row.querySelector("a").getAttribute("href"),
          agent: agent ? agent.textContent : "",
          text: ((row.querySelector("div") || row).textContent + " " + (agent ? agent.textContent : "")).toLowerCase()
        });
      });
    });

    function value(name) { return fields[name] ? fields[name].value.trim() : ""; }

    function apply() {
      var text = value("q").toLowerCase(), agent = value("agent"), state = value("state"), path = value("path");
      var among = path ? changing(path.toLowerCase()) : null, shown = 0, shownEnded = 0;
      var active = Boolean(text || agent || state || path), seen = new Map();
      rows.forEach(function (it) {
        var fits = (!text || it.text.indexOf(text) >= 0) && (!agent || it.agent === agent) &&
          (!state || it.state === state) && (!path || Boolean(among && among[it.page]));
        it.row.hidden = !fits;
        seen.set(it.section, seen.get(it.section) || fits);
        if (fits) {
          shown += 1;
          if (ended && ended.contains(it.row)) { shownEnded += 1; }
        }
      });
      seen.forEach(function (any, section) { section.hidden = !any; });
      if (ended) {
        ended.hidden = active && !shownEnded;
        ended.open = active ? shownEnded > 0 : wasOpen;
      }
      var cut = path && window.agentledgerPaths && window.agentledgerPaths.cut;
      box.querySelector("[role=status]").textContent = !active ? "" : shown + " of " + rows.length + " listed branches" +
        (path ? "; ended ones are not searched by path" : "") +
        (cut ? "; of " + cut + " with very many files only the first are searched" : "");
    }

    function read() {
      if (location.hash.indexOf("=") < 0 && location.hash) { return; }
      var query = new URLSearchParams(location.hash.slice(1));
      Object.keys(fields).forEach(function (name) { fields[name].value = query.get(name) || ""; });
      apply();
    }

    function write() {
      var query = new URLSearchParams();
      Object.keys(fields).forEach(function (name) { if (value(name)) { query.set(name, value(name)); } });
      history.replaceState(null, "", "#" + query);
      apply();
    }

    box.hidden = false;
    box.addEventListener("input", write);
    window.addEventListener("hashchange", read);
    read();
  }

  function stops() {
    return Array.prototype.filter.call(
      document.querySelectorAll(".rows > li > div > a, .past > li > a, .file > summary"),
      function (stop) { return stop.offsetParent !== null; }
    );
  }

  function move(by) {
    var all = stops(), at = all.indexOf(document.activeElement);
    var next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
  }

  function startKeys() {
    document.addEventListener("keydown", function (event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) { return; }
      var filter = document.querySelector(".filter input");
      if (event.key === "j") { move(1); }
      else if (event.key === "k") { move(-1); }
      else if (event.key === "/" && filter) { filter.focus(); event.preventDefault(); }
    });
  }

  startFilter();
  addCopyButtons();
  showAges();
  setInterval(showAges, 60000);
  startKeys();
}());
