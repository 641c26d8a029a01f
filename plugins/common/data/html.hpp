// The text that a page of HTML shows.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace assay::data {

struct HtmlText {
  std::string title;
  std::string text;
};

/// Blocks begin on lines of their own, paragraphs, headings, lists and tables after a blank line;
/// within them white space counts as one blank, except in <pre>. Scripts, styles, the head and form
/// controls are left out, and so is navigation unless it is kept: <nav>, the roles navigation,
/// search, banner and contentinfo, and what DocBook, Sphinx and their like mark by class
/// (navheader, navfooter, sphinxsidebar, related, toc, footer, headerlink, breadcrumbs, menu). Any
/// input is some HTML, as browsers read it; `path` is for the one complaint, a page over 64 MiB.
HtmlText text_of_html(std::string_view utf8, const std::string& path, bool keep_navigation = false);

/// The encoding that a page declares in its first 1024 bytes (<meta charset>, <meta http-equiv> or
/// <?xml encoding?>); `otherwise` if none.
std::string html_encoding(std::string_view bytes, const std::string& otherwise);

}  // namespace assay::data
