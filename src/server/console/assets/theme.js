// Runs before the page is drawn, so that a chosen theme does not flash; everything else waits in console.js.
'use strict';
try {
  const chosen = localStorage.getItem('dingbus-theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be forbidden; then the system's theme is used.
}
