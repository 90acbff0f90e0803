// What every page does besides: it follows the events that it names, and puts
// what has changed in its place. Without this script a page is whole as well.
(() => {
  "use strict";
  const address = document.body.dataset.live;
  const told = document.getElementById("live");
  let source = null, timer = 0, busy = false, again = false, last = "";

  // Takes over every part with an id that differs, and the focus with it.
  const take = (page) => {
    document.title = page.title;
    const icon = document.querySelector("link[rel=icon]");
    const other = page.querySelector("link[rel=icon]");
    if (icon && other && icon.getAttribute("href") !== other.getAttribute("href")) {
      icon.setAttribute("href", other.getAttribute("href"));
    }
    for (const fresh of page.querySelectorAll("#banners, main > [id], .glance > [id]")) {
      const old = document.getElementById(fresh.id);
      if (!old) {
        insert(fresh);
        continue;
      }
      if (old.outerHTML === fresh.outerHTML) continue;
      const open = [...old.querySelectorAll("details")].map((one) => one.open);
      const focus = old.contains(document.activeElement) ? document.activeElement : null;
      if (focus && focus.matches("input, select, textarea")) continue;
      const mark = focus && focus.getAttribute("href");
      const node = document.importNode(fresh, true);
      old.replaceWith(node);
      node.querySelectorAll("details").forEach((one, at) => { one.open = Boolean(open[at]); });
      if (mark) node.querySelector(`a[href="${CSS.escape(mark)}"]`)?.focus();
    }
  };

  // A part that was not there: after the one that it follows in the new page.
  const insert = (fresh) => {
    let before = fresh.previousElementSibling;
    while (before && !before.id) before = before.previousElementSibling;
    const after = before && document.getElementById(before.id);
    if (after) after.after(document.importNode(fresh, true));
  };

  const refresh = async () => {
    timer = 0;
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // The stream says when the hub is back.
    }
    busy = false;
    if (again) { again = false; soon(); }
  };

  // Many events at once are one look.
  const soon = () => { if (!timer) timer = setTimeout(refresh, 250); };

  const say = (text) => { if (told && told.textContent !== text) told.textContent = text; };

  const follow = () => {
    const join = address.includes("?") ? "&" : "?";
    source = new EventSource(last ? `${address}${join}after=${last}` : address);
    source.onopen = () => say("live");
    source.onmessage = (event) => { last = event.lastEventId || last; soon(); };
    source.addEventListener("reset", (event) => { last = event.lastEventId; soon(); });
    source.onerror = () => {
      say("reconnecting …");
      if (source && source.readyState === EventSource.CLOSED) {
        stop();
        setTimeout(start, 3000);
      }
    };
  };
  const stop = () => { source?.close(); source = null; };
  // A browser has few connections: a page that nobody sees holds none.
  const start = () => { if (!source && !document.hidden) { follow(); } };

  if (address && window.EventSource) {
    start();
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) { stop(); } else { start(); soon(); }
    });
    addEventListener("pagehide", stop);
    addEventListener("pageshow", (event) => { if (event.persisted) { start(); soon(); } });
  }

  // Times that say how long ago, once a minute.
  const span = (seconds) => {
    if (seconds < 60) return `${seconds} s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
    if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
    return `${Math.floor(seconds / 86400)} days`;
  };
  setInterval(() => {
    for (const time of document.querySelectorAll("time[datetime]")) {
      const ago = Math.floor((Date.now() - Date.parse(time.dateTime)) / 1000);
      if (ago >= 60) time.textContent = `${span(ago)} ago`;
    }
  }, 60000);

  addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, textarea, select") && !event.ctrlKey && !event.metaKey) {
      const field = document.getElementById("find") || document.getElementById("word");
      if (field) { event.preventDefault(); field.focus(); }
    }
  });
})();
