// Runs in the page before its own scripts: notes when the last words of an answer stand there, and tasks that one feels.
(() => {
  const seen = (window.__benchmark = { long: [], stood: null });
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) seen.long.push(task.duration);
  }).observe({ type: "longtask" });
  // looked at between tasks: while the page is busy, nothing new is seen by a reader either
  window.__await = (words) => {
    Object.assign(seen, { long: [], stood: null });
    const look = () => {
      const cells = document.querySelectorAll(".jp-Notebook .jp-Cell .jp-Cell-outputWrapper");
      const stands = [...cells].some((cell) => cell.textContent.includes(words));
      if (stands) requestAnimationFrame(() => (seen.stood = Date.now() / 1000));
      else setTimeout(look, 50);
    };
    look();
  };
})();
