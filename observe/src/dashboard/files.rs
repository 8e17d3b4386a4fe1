//! The files of the page, which are part of the program.

/// A file: its path, its media type, its text.
pub(super) type File = (&'static str, &'static str, &'static str);

const JS: &str = "text/javascript; charset=utf-8";

pub(super) const FILES: [File; 8] = [
    (
        "/",
        "text/html; charset=utf-8",
        include_str!("static/page.html"),
    ),
    (
        "/icon.svg",
        "image/svg+xml",
        include_str!("static/icon.svg"),
    ),
    (
        "/page.css",
        "text/css; charset=utf-8",
        include_str!("static/page.css"),
    ),
    ("/page.js", JS, include_str!("static/page.js")),
    ("/api.js", JS, include_str!("static/api.js")),
    ("/chart.js", JS, include_str!("static/chart.js")),
    ("/attempts.js", JS, include_str!("static/attempts.js")),
    ("/parts.js", JS, include_str!("static/parts.js")),
];

/// Returns the file of a path.
pub(super) fn at(path: &str) -> Option<File> {
    FILES.into_iter().find(|(known, ..)| *known == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_files_have_no_outside_link_and_no_inline_markup() {
        for (path, _, text) in FILES {
            for bad in [
                "http://",
                "https://",
                "//cdn",
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "new Function",
                "style=\"",
                "onclick=",
                "onload=",
                "cookie",
                "sessionStorage",
                "<script>",
                "<style",
            ] {
                // A namespace of SVG is a name, not an address.
                let text = text.replace("http://www.w3.org/2000/svg", "");
                assert!(!text.contains(bad), "{path}: {bad}");
            }
        }
    }
}
