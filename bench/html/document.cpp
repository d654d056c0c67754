#include "bench/html/document.hpp"

#include "bench/html/escape.hpp"

namespace banoff::bench {

namespace {

constexpr const char* style = R"(
body { font: 15px/1.45 system-ui, sans-serif; color: #1c2330; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2.5rem; border-bottom: 1px solid #c9d0da }
h3 { font-size: 1rem; margin-bottom: .4rem }
.wide { overflow-x: auto } table { border-collapse: collapse; font-size: .85rem }
th, td { padding: .2rem .6rem; text-align: right; border-bottom: 1px solid #e3e7ed; white-space: nowrap }
th { background: #f2f4f7; white-space: normal } th:first-child, td:first-child { text-align: left }
p.source { color: #566173 } svg { max-width: 100%; height: auto; font: 11px system-ui, sans-serif }
svg .tick { stroke: #e3e7ed } svg .zero { stroke: #566173 } svg .error { stroke: #1c2330; fill: none }
th.words, td.words { text-align: left }
svg .small { font-size: 9px; fill: #566173 } svg .published { stroke: #1c2330; stroke-width: 2 }
svg .section { font-weight: bold } svg .missing { fill: #8a93a3; font-style: italic }
svg .aside { fill: #6b7687 } svg .inside { fill: #fff } svg .step:hover, svg .kind:hover { fill-opacity: .7 }
summary { cursor: pointer; margin: .5rem 0 } details .wide { margin-bottom: 1rem }
)";

}  // namespace

std::string html_document(const std::string& title, const std::string& body) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         escaped(title) + "</title>\n<style>" + style + "</style>\n</head>\n<body>\n" + body + "</body>\n</html>\n";
}

}  // namespace banoff::bench
