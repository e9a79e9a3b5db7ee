// Where the pages begin.

import { render } from "preact";
import { App } from "./app.js";
import "./style/base.css";
import "./style/parts.css";
import "./style/marks.css";
import "./style/controls.css";
import "./style/above.css";
import "./style/frame.css";
import "./style/desk.css";
import "./style/thread.css";

const place = document.getElementById("app");
if (place !== null) render(<App />, place);
