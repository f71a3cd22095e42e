// What every page of the office needs. A page with more of its own loads that module beside this one; all of them import from
// the same folder, whose address changes with any of them (web/files.py).

import "./notices.js";
import "./forms.js";
import "./fields.js";
import "./spans.js";
import "./frame.js";
import "./fragments.js";

// Only now can anything ask before it acts: until then the buttons that ask cannot be pressed (console.css).
document.documentElement.classList.add("ready");
