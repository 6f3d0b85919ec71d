// Prepares what terminal.js finds in the page, and starts it once the font is there.
"use strict";
(() => {
  // The policy of the page allows only styles with its nonce; the terminal writes styles of its own.
  const nonce = document.currentScript.nonce;
  const create = document.createElement.bind(document);
  document.createElement = (name, ...options) => {
    const element = create(name, ...options);
    if (name === "style") element.nonce = nonce;
    return element;
  };

  document.addEventListener("DOMContentLoaded", () => {
    const address = new URL("socket", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.search = "";
    const terminal = document.getElementById("terminal");
    terminal.dataset.sessionWebsocketUrl = address.href;
    document.getElementById("again").addEventListener("click", () => location.reload());

    const start = window.onload;
    window.onload = async (event) => {
      await document.fonts.load("16px 'Roboto Mono'").catch(() => {});
      start(event);
      // Not before: terminal.js sends keys and focus to a socket that is not open yet.
      new MutationObserver((_changes, observer) => {
        if (!terminal.classList.contains("-connected")) return;
        observer.disconnect();
        const focus = () => terminal.querySelector("textarea")?.focus();
        focus();
        window.addEventListener("focus", focus);
      }).observe(terminal, { attributeFilter: ["class"] });
    };
  });
})();
