// Draws Teams' cards with Microsoft's renderer, and loads the page again when the lesson was saved.
"use strict";

const TEAMS = {
  actions: { maxActions: 6, buttonSpacing: 8, actionAlignment: "left" },
  containerStyles: {
    default: {
      backgroundColor: "#ffffff",
      foregroundColors: {
        default: { default: "#242424", subtle: "#616161" },
        accent: { default: "#5b5fc7", subtle: "#5b5fc7" },
        good: { default: "#237b4b", subtle: "#237b4b" },
        attention: { default: "#c4314b", subtle: "#c4314b" },
        warning: { default: "#835b00", subtle: "#835b00" },
      },
    },
  },
  fontTypes: {
    default: { fontFamily: '"Segoe UI", system-ui, "Noto Sans", sans-serif' },
    monospace: { fontFamily: 'ui-monospace, Consolas, "Liberation Mono", monospace' },
  },
  fontSizes: { small: 12, default: 14, medium: 16, large: 18, extraLarge: 24 },
  spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
};

for (const place of document.querySelectorAll(".card")) {
  const card = new AdaptiveCards.AdaptiveCard();
  card.hostConfig = new AdaptiveCards.HostConfig(TEAMS);
  card.parse(JSON.parse(place.nextElementSibling.textContent));
  place.append(card.render());
}

// Nothing here does anything: what is shown is what learners would press.
document.addEventListener("submit", (event) => event.preventDefault(), true);
document.addEventListener("click", (event) => {
  if (event.target.closest("button")) {
    event.preventDefault();
    event.stopPropagation();
  }
}, true);

if (location.protocol !== "file:") {
  const changes = new EventSource("/preview/changes");
  changes.addEventListener("catalogue", () => location.reload());
  changes.addEventListener("refused", (event) => {
    const stale = document.getElementById("stale");
    if (stale) {
      stale.hidden = false;
      stale.textContent = `The file was saved with errors, and this is what is live: ${event.data}`;
    }
  });
}
