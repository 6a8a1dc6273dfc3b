// The widget manager asks require.js for the module "anywidget"; here it is, beside this file.
require.config({
  paths: { anywidget: document.currentScript.src.replace(/widget-paths\.js.*$/, "anywidget") },
});
