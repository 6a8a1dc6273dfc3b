// A wide table scrolls on a narrow screen; whoever has no mouse must be able to reach and scroll it too.
document.addEventListener("DOMContentLoaded", () => {
  const reach = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  document.querySelectorAll(".pst-scrollable-table-container").forEach((table) => reach.observe(table));
});
