// What every page does besides: it follows the events that it names, and puts
// what has changed in its place. Without this script a page is whole as well.
(() => {
  "use strict";
  const address = document.body.dataset.live;
  // A page on which nothing changes but what stands above it.
  const still = "still" in document.body.dataset;
  const told = document.getElementById("live");
  let source = null, timer = 0, busy = false, again = false;
  // What happened while the page was made is told as well.
  let last = document.body.dataset.after || "";

  // What has to be known at once, above the page.
  const notice = (text) => {
    const page = document.getElementById("notice").content.cloneNode(true);
    const line = page.querySelector("span");
    const known = [...document.querySelectorAll("#banners span")];
    if (known.some((other) => other.textContent === text)) return;
    line.textContent = text;
    document.getElementById("banners").append(page);
  };
  // What stands here was for who is signed in no more; nothing is taken away
  // from under the reader's eyes, and nothing new comes.
  let over = false;
  const signedOut = () => {
    over = true;
    stop();
    say("signed out");
    notice("You are signed out: your session is over. What stands here is from before.");
  };

  // What somebody has begun to write stays.
  const begun = (part) => [...part.querySelectorAll("input:not([type=hidden]), textarea, select")].some((field) => {
    if (field === document.activeElement) return true;
    if (field.options) return field.selectedOptions[0] !== ([...field.options].find((one) => one.defaultSelected) || field.options[0]);
    return field.value !== field.defaultValue;
  });

  // Takes over every part that differs, and the focus with it.
  const take = (page) => {
    if (page.body.dataset.me !== document.body.dataset.me) { signedOut(); return; }
    if (still) { replace(page); return; }
    document.title = page.title;
    const icon = document.querySelector("link[rel=icon]");
    const other = page.querySelector("link[rel=icon]");
    if (icon && other && icon.getAttribute("href") !== other.getAttribute("href")) {
      icon.setAttribute("href", other.getAttribute("href"));
    }
    for (const old of document.querySelectorAll("[data-part]")) {
      if (!page.getElementById(old.id) && !begun(old)) old.remove();
    }
    replace(page);
    grow();
  };

  // Every part of a page that differs, in its place.
  const replace = (page) => {
    for (const fresh of page.querySelectorAll("[data-part]")) {
      const old = document.getElementById(fresh.id);
      if (!old) {
        insert(fresh);
        continue;
      }
      if (same(old, fresh) || begun(old)) continue;
      const open = [...old.querySelectorAll("details")].map((one) => one.open);
      const focus = old.contains(document.activeElement) ? document.activeElement : null;
      const mark = focus && focus.getAttribute("href");
      const node = document.importNode(fresh, true);
      old.replaceWith(node);
      node.querySelectorAll("details").forEach((one, at) => { one.open = open[at] ?? one.open; });
      if (mark) node.querySelector(`a[href="${CSS.escape(mark)}"]`)?.focus();
    }
  };

  // Whether two parts differ in nothing but in what the reader has opened.
  const same = (old, fresh) => {
    const plain = old.cloneNode(true);
    const kept = fresh.querySelectorAll("details");
    plain.querySelectorAll("details").forEach((one, at) => { if (kept[at]) one.open = kept[at].open; });
    return plain.outerHTML === fresh.outerHTML;
  };

  // A part that was not there: after the one that it follows in the new page,
  // or first in what it stands in.
  const insert = (fresh) => {
    let before = fresh.previousElementSibling;
    while (before && !before.id) before = before.previousElementSibling;
    const after = before && document.getElementById(before.id);
    const node = document.importNode(fresh, true);
    if (after) after.after(node);
    else if (fresh.parentElement.id) document.getElementById(fresh.parentElement.id)?.prepend(node);
  };

  const refresh = async () => {
    timer = 0;
    if (over) return;
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(still ? "/banners" : location.href, { headers: { accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (answer.ok) take(page);
      else if (page.body.dataset.me !== document.body.dataset.me) signedOut();
      else if (!still && [403, 404].includes(answer.status)) notice(page.querySelector("main p")?.textContent || "This page is gone.");
    } catch {
      // The stream says when the hub is back.
    }
    busy = false;
    if (again) { again = false; soon(); }
  };

  // Many events at once are one look.
  const soon = () => { if (!timer) timer = setTimeout(refresh, 250); };

  // The log of a task that is being built: as it grows, its end here does.
  let growing = null;
  const grow = async () => {
    const from = document.querySelector("[data-grows]")?.dataset.grows;
    if (growing || !from || document.hidden) return;
    growing = new AbortController();
    try {
      const answer = await fetch(from, { signal: growing.signal });
      if (answer.ok) await answer.body.getReader().read();
      growing.abort();
      // The page that follows says from where to go on.
      if (answer.ok && !over) setTimeout(soon, 750);
    } catch {
      // The stream of events says when the hub is back.
    }
    growing = null;
  };

  const say = (text) => { if (told && told.textContent !== text) told.textContent = text; };

  const FIRST = 3000;
  let wait = FIRST, opened = false;
  const follow = () => {
    const join = address.includes("?") ? "&" : "?";
    source = new EventSource(last ? `${address}${join}after=${last}` : address);
    source.onopen = () => {
      say(still ? "" : "live");
      // What no event tells may have changed meanwhile: a log, room on a disk.
      if (opened) soon();
      opened = true;
      wait = FIRST;
    };
    source.onmessage = (event) => { last = event.lastEventId || last; soon(); };
    source.addEventListener("signed-out", signedOut);
    source.addEventListener("farm", soon);
    source.addEventListener("reset", (event) => { last = event.lastEventId; soon(); });
    source.onerror = () => {
      if (!source) return;
      say("reconnecting …");
      if (source && source.readyState === EventSource.CLOSED) {
        stop();
        setTimeout(start, wait);
        wait = Math.min(wait * 2, 60000);
      }
    };
  };
  const stop = () => { source?.close(); source = null; growing?.abort(); };
  // A browser has few connections: a page that nobody sees holds none.
  const start = () => { if (!source && !over && !document.hidden) { follow(); } };

  if (address && window.EventSource) {
    start();
    grow();
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
