// Gumbo's tree, walked without recursion and freed at once, so that no depth of nesting matters.
#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/html.hpp"

#include <algorithm>
#include <cstdlib>
#include <gumbo.h>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

namespace assay::data {
namespace {
constexpr size_t kLongestPage = size_t{1} << 26;

/// Gumbo's memory: taken piece by piece, given back as a whole.
class Arena {
 public:
  static void* take(void* arena, size_t bytes) {
    return static_cast<Arena*>(arena)->allocate((bytes + 15) & ~size_t{15});
  }
  static void keep(void*, void*) {}

 private:
  void* allocate(size_t bytes) {
    if (bytes > left_) {
      const size_t block = std::max(bytes, size_t{1} << 18);
      blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(block));
      free_ = blocks_.back().get();
      left_ = block;
    }
    left_ -= bytes;
    return std::exchange(free_, free_ + bytes);
  }
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* free_ = nullptr;
  size_t left_ = 0;
};

/// How far apart two pieces of text are.
enum class Gap { none, blank, line, paragraph };

Gap gap_around(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_P:
    case GUMBO_TAG_PRE:
    case GUMBO_TAG_BLOCKQUOTE:
    case GUMBO_TAG_UL:
    case GUMBO_TAG_OL:
    case GUMBO_TAG_DL:
    case GUMBO_TAG_TABLE:
    case GUMBO_TAG_H1:
    case GUMBO_TAG_H2:
    case GUMBO_TAG_H3:
    case GUMBO_TAG_H4:
    case GUMBO_TAG_H5:
    case GUMBO_TAG_H6:
    case GUMBO_TAG_HR:
    case GUMBO_TAG_SECTION:
    case GUMBO_TAG_ARTICLE:
    case GUMBO_TAG_FIGURE: return Gap::paragraph;
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_LI:
    case GUMBO_TAG_DT:
    case GUMBO_TAG_DD:
    case GUMBO_TAG_TR:
    case GUMBO_TAG_BR:
    case GUMBO_TAG_CAPTION:
    case GUMBO_TAG_FIGCAPTION:
    case GUMBO_TAG_ADDRESS:
    case GUMBO_TAG_FORM:
    case GUMBO_TAG_FIELDSET:
    case GUMBO_TAG_LEGEND:
    case GUMBO_TAG_HEADER:
    case GUMBO_TAG_FOOTER:
    case GUMBO_TAG_MAIN:
    case GUMBO_TAG_ASIDE:
    case GUMBO_TAG_CENTER: return Gap::line;
    case GUMBO_TAG_TD:
    case GUMBO_TAG_TH: return Gap::blank;
    default: return Gap::none;
  }
}

bool never_shown(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_HEAD:
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_STYLE:
    case GUMBO_TAG_NOSCRIPT:
    case GUMBO_TAG_TEMPLATE:
    case GUMBO_TAG_IFRAME:
    case GUMBO_TAG_OBJECT:
    case GUMBO_TAG_SVG:
    case GUMBO_TAG_SELECT:
    case GUMBO_TAG_BUTTON:
    case GUMBO_TAG_TEXTAREA:
    case GUMBO_TAG_NOFRAMES: return true;
    default: return false;
  }
}

/// Whether a list of words, as of an attribute class, has one of `names`.
bool has_word(const GumboAttribute* attribute, std::initializer_list<std::string_view> names) {
  if (attribute == nullptr) return false;
  std::string_view rest = attribute->value;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find_first_of(" \t\n\r\f"), rest.size());
    if (std::find(names.begin(), names.end(), rest.substr(0, end)) != names.end()) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

bool is_navigation(const GumboElement& element) {
  return element.tag == GUMBO_TAG_NAV ||
         has_word(gumbo_get_attribute(&element.attributes, "role"),
                  {"navigation", "search", "banner", "contentinfo"}) ||
         has_word(gumbo_get_attribute(&element.attributes, "class"),
                  {"navheader", "navfooter", "navigation", "navbar", "sphinxsidebar", "related",
                   "toc", "footer", "headerlink", "breadcrumbs", "breadcrumb", "menu"});
}

class Writer {
 public:
  void apart(Gap gap) { gap_ = std::max(gap_, gap); }
  /// Two breaks of a line in a row leave a blank one.
  void line_break() { apart(++breaks_ > 1 ? Gap::paragraph : Gap::line); }
  /// Text in which white space is one blank.
  void flow(std::string_view text) {
    while (!text.empty()) {
      if (const size_t blank = blank_at(text); blank > 0) {
        apart(Gap::blank);
        text.remove_prefix(blank);
        continue;
      }
      size_t end = 1;
      while (end < text.size() && blank_at(text.substr(end)) == 0) ++end;
      put(text.substr(0, end));
      text.remove_prefix(end);
    }
  }
  /// Text as it stands, as in <pre>.
  void put(std::string_view text) {
    if (text.empty()) return;
    if (!out_.empty() && gap_ != Gap::none)
      out_ += gap_ == Gap::blank ? " " : gap_ == Gap::line ? "\n" : "\n\n";
    gap_ = Gap::none;
    breaks_ = 0;
    out_ += text;
  }
  std::string take() {
    while (!out_.empty() && (out_.back() == '\n' || out_.back() == ' ')) out_.pop_back();
    return std::move(out_);
  }

 private:
  /// The bytes of the white space that begins `text`: a no-break space is some.
  static size_t blank_at(std::string_view text) {
    const char c = text.front();
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') return 1;
    return text.substr(0, 2) == "\xC2\xA0" ? 2 : 0;
  }
  std::string out_;
  Gap gap_ = Gap::none;
  int breaks_ = 0;  // since the last text
};

const GumboVector* children(const GumboNode* node) {
  if (node->type == GUMBO_NODE_DOCUMENT) return &node->v.document.children;
  if (node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE)
    return &node->v.element.children;
  return nullptr;
}

bool is_text(const GumboNode* node) {
  return node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE ||
         node->type == GUMBO_NODE_CDATA;
}

/// Walks the tree in order of the text.
class Walk {
 public:
  Walk(HtmlText& to, bool keep_navigation) : to_(to), keep_navigation_(keep_navigation) {}

  void run(const GumboNode* root) {
    enter(root);
    while (!open_.empty()) {
      auto& [node, next] = open_.back();
      const GumboVector* below = children(node);
      if (below == nullptr || next == below->length) {
        leave(node);
        open_.pop_back();
      } else {
        enter(static_cast<const GumboNode*>(below->data[next++]));
      }
    }
    to_.text = writer_.take();
  }

 private:
  void enter(const GumboNode* node) {
    if (is_text(node)) {
      if (pre_ > 0)
        writer_.put(node->v.text.text);
      else
        writer_.flow(node->v.text.text);
    } else if (node->type == GUMBO_NODE_DOCUMENT) {
      open_.emplace_back(node, 0);
    } else if (node->type == GUMBO_NODE_ELEMENT) {
      const GumboElement& element = node->v.element;
      if (element.tag == GUMBO_TAG_HEAD) take_title(element);
      if (never_shown(element.tag) || (!keep_navigation_ && is_navigation(element))) return;
      if (element.tag == GUMBO_TAG_BR) writer_.line_break();
      writer_.apart(gap_around(element.tag));
      pre_ += element.tag == GUMBO_TAG_PRE;
      open_.emplace_back(node, 0);
    }
  }
  void leave(const GumboNode* node) {
    if (node->type != GUMBO_NODE_ELEMENT) return;
    pre_ -= node->v.element.tag == GUMBO_TAG_PRE;
    writer_.apart(gap_around(node->v.element.tag));
  }
  void take_title(const GumboElement& head) {
    for (unsigned i = 0; i < head.children.length; ++i) {
      const auto* child = static_cast<const GumboNode*>(head.children.data[i]);
      if (child->type != GUMBO_NODE_ELEMENT || child->v.element.tag != GUMBO_TAG_TITLE) continue;
      Writer title;
      for (unsigned j = 0; j < child->v.element.children.length; ++j) {
        const auto* text = static_cast<const GumboNode*>(child->v.element.children.data[j]);
        if (is_text(text)) title.flow(text->v.text.text);
      }
      to_.title = title.take();
      return;
    }
  }

  HtmlText& to_;
  bool keep_navigation_;
  Writer writer_;
  int pre_ = 0;  // how many <pre> are open
  std::vector<std::pair<const GumboNode*, unsigned>> open_;
};
}  // namespace

HtmlText text_of_html(std::string_view utf8, const std::string& path, bool keep_navigation) {
  if (utf8.size() > kLongestPage)
    malformed(path, "is a page of more than " + std::to_string(kLongestPage) + " bytes");
  Arena arena;
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = &Arena::take;
  options.deallocator = &Arena::keep;
  options.userdata = &arena;
  options.max_errors = 0;
  const GumboOutput* page = gumbo_parse_with_options(&options, utf8.data(), utf8.size());
  HtmlText out;
  Walk(out, keep_navigation).run(page->document);
  return out;
}

std::string html_encoding(std::string_view bytes, const std::string& otherwise) {
  std::string head(bytes.substr(0, 1024));
  for (char& c : head)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  for (const std::string_view key : {"charset", "encoding"}) {
    if (key == "encoding" && head.find("<?xml") == std::string::npos) continue;
    size_t at = head.find(key);
    if (at == std::string::npos) continue;
    at = head.find_first_not_of(" \t\r\n", at + key.size());
    if (at == std::string::npos || head[at] != '=') continue;
    at = head.find_first_not_of(" \t\r\n\"'", at + 1);
    if (at == std::string::npos) continue;
    const size_t end = head.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_:.", at);
    if (end > at && end != std::string::npos) return head.substr(at, end - at);
  }
  return otherwise;
}

}  // namespace assay::data
