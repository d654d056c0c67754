// Operator-precedence parsing, with Python's precedences.
#include <array>
#include <cctype>

#include "runtime/core/fail.hpp"
#include "runtime/load/expression.hpp"
#include "runtime/load/expression_tree.hpp"

namespace banoff {

namespace {

enum class TokenKind : std::uint8_t { end, literal, word, symbol };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;
  Datum literal;
};

constexpr std::array<std::string_view, 21> symbols{"**", "//", "<=", ">=", "==", "!=", "+", "-", "*", "/", "%",
                                                   "<",  ">",  "(",  ")",  "[",  "]",  ",", ".", "=", ":"};

bool is_word_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : rest_(text) {}

  Token next() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_[0])) != 0) rest_.remove_prefix(1);
    if (rest_.empty()) return {TokenKind::end, "the end", {}};
    const char c = rest_[0];
    if (is_digit(c) || (c == '.' && rest_.size() > 1 && is_digit(rest_[1]))) return number();
    if (c == '\'' || c == '"') return quoted(c);
    if (is_word_start(c)) {
      std::size_t length = 1;
      while (length < rest_.size() && (is_word_start(rest_[length]) || is_digit(rest_[length]))) ++length;
      return {TokenKind::word, take(length), {}};
    }
    for (const std::string_view symbol : symbols) {
      if (rest_.starts_with(symbol)) return {TokenKind::symbol, take(symbol.size()), {}};
    }
    fail_input("unexpected character '{}'", std::isprint(static_cast<unsigned char>(c)) != 0 ? std::string(1, c) : "?");
  }

 private:
  std::string_view take(std::size_t length) {
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  Token number() {
    std::size_t length = 0;
    while (length < rest_.size()) {
      const char c = rest_[length];
      const bool exponent_sign = (c == '+' || c == '-') && (rest_[length - 1] == 'e' || rest_[length - 1] == 'E');
      if (!is_digit(c) && c != '.' && !is_word_start(c) && !exponent_sign) break;
      ++length;
    }
    const std::string_view text = take(length);
    Datum value = datum_of(std::string(text));
    if (!value.is_number()) fail_input("'{}' is not a number", text);
    return {TokenKind::literal, text, std::move(value)};
  }

  Token quoted(char quote) {
    const std::size_t close = rest_.find(quote, 1);
    if (close == std::string_view::npos) fail_input("a text without its closing {}", quote);
    const std::string_view text = take(close + 1);
    return {TokenKind::literal, text, Datum(std::string(text.substr(1, close - 1)))};
  }

  std::string_view rest_;
};

/// How tightly an infix operator binds; 0: not an infix operator.
int precedence(const Token& token) {
  const std::string_view t = token.text;
  if (token.kind == TokenKind::word) return t == "if" ? 1 : t == "or" ? 2 : t == "and" ? 3 : 0;
  if (token.kind != TokenKind::symbol) return 0;
  if (t == "<" || t == "<=" || t == ">" || t == ">=" || t == "==" || t == "!=") return 5;
  if (t == "+" || t == "-") return 6;
  if (t == "*" || t == "/" || t == "//" || t == "%") return 7;
  if (t == "**") return 9;
  return t == "[" || t == "(" ? 10 : 0;
}
constexpr int precedence_of_not = 4;
constexpr int precedence_of_comparison = 5;
constexpr int precedence_of_sign = 8;

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text), token_(lexer_.next()) {}

  Expression whole() {
    Expression result = expression(1);
    if (token_.kind != TokenKind::end) fail_input("'{}' is not expected here", token_.text);
    return result;
  }

 private:
  using Kind = Expression::Kind;

  Expression expression(int minimum) {
    if (++depth_ > max_expression_depth) fail_input("nested more than {} levels deep", max_expression_depth);
    Expression left = prefix();
    for (int binds = precedence(token_); binds != 0 && binds >= minimum; binds = precedence(token_)) {
      // A chain of infix operators makes a tree as deep as it is long.
      if (++operators_ > max_expression_operators) fail_input("more than {} operators", max_expression_operators);
      left = infix(std::move(left), binds);
    }
    --depth_;
    return left;
  }

  Expression prefix() {
    const Token token = advance();
    if (token.kind == TokenKind::literal) return {Kind::literal, token.literal, {}, {}};
    if (token.kind == TokenKind::word) return word(token.text);
    if (token.text == "(") {
      Expression inner = expression(1);
      expect(")");
      return inner;
    }
    if (token.text == "[") return {Kind::list, {}, {}, arguments("]")};
    if (token.text == "-" || token.text == "+") {
      return {Kind::unary, {}, std::string(token.text), one(expression(precedence_of_sign))};
    }
    fail_input("'{}' is not expected here", token.text);
  }

  Expression word(std::string_view text) {
    if (text == "true" || text == "True") return {Kind::literal, Datum(true), {}, {}};
    if (text == "false" || text == "False") return {Kind::literal, Datum(false), {}, {}};
    if (text == "null" || text == "None") return {Kind::literal, Datum(), {}, {}};
    if (text == "not") return {Kind::unary, {}, "not", one(expression(precedence_of_not))};
    if (text == "if" || text == "else" || text == "and" || text == "or") fail_input("'{}' is not expected here", text);
    return {Kind::name, {}, std::string(text), {}};
  }

  Expression infix(Expression left, int binds) {
    const Token token = advance();
    std::vector<Expression> children;
    if (token.text == "if" && token.kind == TokenKind::word) {
      Expression condition = expression(2);
      if (token_.kind != TokenKind::word || token_.text != "else") fail_input("'if' without 'else'");
      advance();
      children.push_back(std::move(condition));
      children.push_back(std::move(left));
      children.push_back(expression(1));
      return {Kind::conditional, {}, {}, std::move(children)};
    }
    if (token.text == "[") {
      children.push_back(std::move(left));
      children.push_back(expression(1));
      expect("]");
      return {Kind::index, {}, {}, std::move(children)};
    }
    if (token.text == "(") {
      if (left.kind != Kind::name) fail_input("only a function's name can be called");
      return {Kind::call, {}, left.word, arguments(")")};
    }
    // ** binds to the right, everything else to the left.
    children.push_back(std::move(left));
    children.push_back(expression(token.text == "**" ? binds - 1 : binds + 1));
    if (binds == precedence_of_comparison && precedence(token_) == binds) {
      fail_input("comparisons cannot be chained; join them with 'and'");
    }
    const Kind kind = token.kind == TokenKind::word ? Kind::logical : Kind::binary;
    return {kind, {}, std::string(token.text), std::move(children)};
  }

  std::vector<Expression> arguments(std::string_view close) {
    std::vector<Expression> result;
    while (token_.kind != TokenKind::symbol || token_.text != close) {
      result.push_back(expression(1));
      if (token_.kind != TokenKind::symbol || token_.text != ",") break;
      advance();
    }
    expect(close);
    return result;
  }

  static std::vector<Expression> one(Expression child) {
    std::vector<Expression> children;
    children.push_back(std::move(child));
    return children;
  }

  Token advance() {
    Token token = std::move(token_);
    token_ = lexer_.next();
    return token;
  }

  void expect(std::string_view symbol) {
    if (token_.kind != TokenKind::symbol || token_.text != symbol) {
      fail_input("expected '{}', got '{}'", symbol, token_.text);
    }
    advance();
  }

  Lexer lexer_;
  Token token_;
  std::size_t depth_ = 0;
  std::size_t operators_ = 0;
};

}  // namespace

Expression parse_expression(std::string_view text) {
  if (text.size() > max_expression_bytes) fail_input("longer than {} bytes", max_expression_bytes);
  return Parser(text).whole();
}

}  // namespace banoff
