//! The parser of `$filter`. Never panics, whatever it is given, and never recurses deeper than
//! [`MAX_DEPTH`].

use std::collections::HashMap;

use super::expression::{Argument, Expression, Operand, Operator, PropertyPath};
use super::literal::Literal;
use crate::dataverse::collation::Anchor;
use crate::dataverse::failure::{Failure, Outcome};

/// Parentheses, `not`s and lambdas inside one another.
const MAX_DEPTH: u32 = 60;
const PLATFORM: &str = "Microsoft.Dynamics.CRM.";

/// Reads a whole `$filter`. `aliases` holds the `@name` options of the URL.
///
/// # Errors
/// 400 `0x0` with the position at which reading stopped.
pub(in crate::dataverse) fn parse_filter(
    text: &str,
    aliases: &HashMap<String, String>,
) -> Outcome<Expression> {
    let mut parser = Parser { text, at: 0, depth: 0, aliases };
    let expression = parser.or()?;
    parser.blanks();
    if parser.at < text.len() {
        return Err(parser.fault());
    }
    Ok(expression)
}

/// Reads one literal that makes up the whole text.
///
/// # Errors
/// 400 `0x0` if it is no literal.
pub(in crate::dataverse) fn parse_literal(
    text: &str,
    aliases: &HashMap<String, String>,
) -> Outcome<Literal> {
    let mut parser = Parser { text, at: 0, depth: 0, aliases };
    parser.blanks();
    let literal = parser.literal()?;
    parser.blanks();
    if parser.at < text.len() { Err(parser.fault()) } else { Ok(literal) }
}

/// Reads `["a","b"]` that makes up the whole text.
///
/// # Errors
/// 400 `0x0` if it is no list of texts.
pub(in crate::dataverse) fn parse_text_list(
    text: &str,
    aliases: &HashMap<String, String>,
) -> Outcome<Vec<String>> {
    let mut parser = Parser { text, at: 0, depth: 0, aliases };
    match parser.argument()? {
        Argument::Many(values) => Ok(values),
        Argument::One(_) => Err(parser.fault()),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
    aliases: &'a HashMap<String, String>,
}

impl<'a> Parser<'a> {
    fn or(&mut self) -> Outcome<Expression> {
        let mut parts = vec![self.and()?];
        while self.keyword("or") {
            parts.push(self.and()?);
        }
        Ok(single_or(parts, Expression::Or))
    }

    fn and(&mut self) -> Outcome<Expression> {
        let mut parts = vec![self.unary()?];
        while self.keyword("and") {
            parts.push(self.unary()?);
        }
        Ok(single_or(parts, Expression::And))
    }

    fn unary(&mut self) -> Outcome<Expression> {
        self.blanks();
        self.deeper()?;
        let expression = if self.keyword("not") {
            Expression::Not(Box::new(self.unary()?))
        } else if self.peek() == Some('(') {
            self.parenthesis()?
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn parenthesis(&mut self) -> Outcome<Expression> {
        self.expect('(')?;
        let inner = self.or()?;
        self.expect(')')?;
        match (&inner, self.operator()) {
            (_, None) => Ok(inner),
            (Expression::Truth(left), Some(operator)) => {
                let right = self.operand()?;
                Ok(Expression::Compare(left.clone(), operator, right))
            }
            // `(a eq 1) eq true` and its like: the service translates no such comparison.
            (_, Some(_)) => Err(self.fault()),
        }
    }

    fn comparison(&mut self) -> Outcome<Expression> {
        let start = self.at;
        let word = self.word();
        if self.peek() == Some('(') && Literal::from_word(word).is_none() {
            return self.call(word, start);
        }
        self.at = start;
        let left = self.operand()?;
        match self.operator() {
            Some(operator) => {
                let right = self.operand()?;
                Ok(Expression::Compare(left, operator, right))
            }
            None => Ok(Expression::Truth(left)),
        }
    }

    fn call(&mut self, name: &str, start: usize) -> Outcome<Expression> {
        let anchor = match name {
            "contains" => Some(Anchor::Anywhere),
            "startswith" => Some(Anchor::Start),
            "endswith" => Some(Anchor::End),
            _ => None,
        };
        if let Some(anchor) = anchor {
            return self.text_function(anchor);
        }
        if let Some(function) = name.strip_prefix(PLATFORM) {
            return Ok(Expression::Platform(function.to_owned(), self.arguments()?));
        }
        let (collection, quantifier) = name.rsplit_once('/').unwrap_or(("", name));
        if (quantifier == "any" || quantifier == "all") && !collection.is_empty() {
            return self.lambda(quantifier == "all", collection, start);
        }
        Err(Failure::syntax(format!(
            "An unknown function with name '{name}' was found. This may also be a function import \
             or a key lookup on a navigation property, which is not allowed."
        )))
    }

    fn text_function(&mut self, anchor: Anchor) -> Outcome<Expression> {
        self.expect('(')?;
        let Operand::Path(path) = self.operand()? else { return Err(self.fault()) };
        self.expect(',')?;
        let value = match self.operand()? {
            Operand::Literal(literal) => literal,
            Operand::Path(_) => return Err(self.fault()),
        };
        self.expect(')')?;
        // Some query builders write `contains(a,'b') eq true`.
        let text = Expression::Text(anchor, path, value);
        match self.operator() {
            None => Ok(text),
            Some(operator) => match (operator, self.operand()?) {
                (Operator::Equal, Operand::Literal(Literal::Bool(true)))
                | (Operator::NotEqual, Operand::Literal(Literal::Bool(false))) => Ok(text),
                (Operator::Equal, Operand::Literal(Literal::Bool(false)))
                | (Operator::NotEqual, Operand::Literal(Literal::Bool(true))) => {
                    Ok(Expression::Not(Box::new(text)))
                }
                _ => Err(self.fault()),
            },
        }
    }

    fn lambda(&mut self, all: bool, collection: &str, start: usize) -> Outcome<Expression> {
        let collection = self.path(collection, start)?;
        self.expect('(')?;
        self.blanks();
        if self.peek() == Some(')') && !all {
            self.expect(')')?;
            return Ok(Expression::Lambda { all, collection, variable: String::new(), body: None });
        }
        let variable = self.identifier();
        if variable.is_empty() {
            return Err(self.fault());
        }
        self.expect(':')?;
        self.deeper()?;
        let body = self.or()?;
        self.depth -= 1;
        self.expect(')')?;
        Ok(Expression::Lambda {
            all,
            collection,
            variable: variable.to_owned(),
            body: Some(Box::new(body)),
        })
    }

    fn arguments(&mut self) -> Outcome<Vec<(String, Argument)>> {
        self.expect('(')?;
        let mut arguments = Vec::new();
        self.blanks();
        while self.peek() != Some(')') {
            if !arguments.is_empty() {
                self.expect(',')?;
            }
            self.blanks();
            let name = self.identifier();
            if name.is_empty() {
                return Err(self.fault());
            }
            self.expect('=')?;
            arguments.push((name.to_owned(), self.argument()?));
            self.blanks();
        }
        self.expect(')')?;
        Ok(arguments)
    }

    fn argument(&mut self) -> Outcome<Argument> {
        self.blanks();
        if self.peek() == Some('@') {
            let text = self.alias()?;
            let none = HashMap::new();
            return Parser { text: &text, at: 0, depth: self.depth, aliases: &none }.argument();
        }
        if self.peek() != Some('[') {
            return self.literal().map(Argument::One);
        }
        self.expect('[')?;
        let mut values = Vec::new();
        self.blanks();
        while self.peek() != Some(']') {
            if !values.is_empty() {
                self.expect(',')?;
            }
            self.blanks();
            values.push(match self.peek() {
                Some('"') => self.json_text()?,
                Some('\'') => self.quoted()?,
                _ => return Err(self.fault()),
            });
            self.blanks();
        }
        self.expect(']')?;
        Ok(Argument::Many(values))
    }

    fn operand(&mut self) -> Outcome<Operand> {
        self.blanks();
        let start = self.at;
        match self.peek() {
            Some('\'' | '@') => return self.literal().map(Operand::Literal),
            Some('(') => {
                self.expect('(')?;
                self.deeper()?;
                let inner = self.operand()?;
                self.depth -= 1;
                self.expect(')')?;
                return Ok(inner);
            }
            _ => {}
        }
        let word = self.word();
        if word.is_empty() {
            return Err(self.fault());
        }
        if let Some(literal) = Literal::from_word(word) {
            return Ok(Operand::Literal(literal));
        }
        if self.peek() == Some('\'') && word.contains('.') {
            return Ok(Operand::Literal(Literal::Enum(self.quoted()?)));
        }
        self.path(word, start).map(Operand::Path)
    }

    fn literal(&mut self) -> Outcome<Literal> {
        match self.peek() {
            Some('\'') => self.quoted().map(Literal::Text),
            Some('@') => {
                let text = self.alias()?;
                parse_literal(&text, &HashMap::new())
            }
            _ => {
                let start = self.at;
                let word = self.word();
                if self.peek() == Some('\'') && word.contains('.') {
                    return self.quoted().map(Literal::Enum);
                }
                Literal::from_word(word).ok_or_else(|| self.fault_at(start))
            }
        }
    }

    /// The text that an alias stands for.
    fn alias(&mut self) -> Outcome<String> {
        let start = self.at;
        self.expect('@')?;
        let name = self.identifier();
        self.aliases.get(name).cloned().ok_or_else(|| self.fault_at(start))
    }

    fn path(&self, word: &str, start: usize) -> Outcome<PropertyPath> {
        let segments: Vec<String> = word.split('/').map(str::to_owned).collect();
        if segments.iter().all(|segment| is_identifier(segment)) {
            Ok(PropertyPath(segments))
        } else {
            Err(self.fault_at(start))
        }
    }

    fn operator(&mut self) -> Option<Operator> {
        let start = self.at;
        self.blanks();
        match Operator::from_keyword(self.identifier()) {
            Some(operator) if !self.peek().is_some_and(is_word_letter) => Some(operator),
            _ => {
                self.at = start;
                None
            }
        }
    }

    /// Takes a keyword if it comes next.
    fn keyword(&mut self, keyword: &str) -> bool {
        let start = self.at;
        self.blanks();
        if self.identifier() == keyword && matches!(self.peek(), None | Some(' ' | '(' | '\t')) {
            return true;
        }
        self.at = start;
        false
    }

    fn identifier(&mut self) -> &'a str {
        self.take_while(|letter| letter.is_alphanumeric() || letter == '_')
    }

    fn word(&mut self) -> &'a str {
        self.blanks();
        self.take_while(is_word_letter)
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let length = rest.find(|letter| !wanted(letter)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// `'it''s'`
    fn quoted(&mut self) -> Outcome<String> {
        let start = self.at;
        self.expect('\'')?;
        let mut value = String::new();
        loop {
            value.push_str(self.take_while(|letter| letter != '\''));
            if self.peek().is_none() {
                return Err(Failure::syntax(format!(
                    "There is an unterminated string literal at position {} in '{}'.",
                    self.position(start),
                    self.text
                )));
            }
            self.at += 1;
            if self.peek() != Some('\'') {
                return Ok(value);
            }
            self.at += 1;
            value.push('\'');
        }
    }

    /// `"text"` with the escapes of JSON.
    fn json_text(&mut self) -> Outcome<String> {
        let mut values =
            serde_json::Deserializer::from_str(&self.text[self.at..]).into_iter::<String>();
        match values.next() {
            Some(Ok(value)) => {
                self.at += values.byte_offset();
                Ok(value)
            }
            _ => Err(self.fault()),
        }
    }

    fn blanks(&mut self) {
        self.take_while(|letter| letter == ' ' || letter == '\t');
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn expect(&mut self, letter: char) -> Outcome<()> {
        self.blanks();
        if self.peek() == Some(letter) {
            self.at += letter.len_utf8();
            Ok(())
        } else {
            Err(self.fault())
        }
    }

    fn deeper(&mut self) -> Outcome<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Failure::syntax("Recursion limit reached."));
        }
        Ok(())
    }

    fn fault(&self) -> Failure {
        self.fault_at(self.at)
    }

    fn fault_at(&self, at: usize) -> Failure {
        Failure::syntax(format!(
            "Syntax error at position {} in '{}'.",
            self.position(at),
            self.text
        ))
    }

    /// Letters before a byte position.
    fn position(&self, at: usize) -> usize {
        self.text[..at].chars().count()
    }
}

fn single_or(mut parts: Vec<Expression>, all: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.len() {
        1 => parts.remove(0),
        _ => all(parts),
    }
}

fn is_word_letter(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | ':' | '+' | '/')
}

fn is_identifier(text: &str) -> bool {
    text.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && text.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn parse(text: &str) -> Outcome<Expression> {
        parse_filter(text, &HashMap::new())
    }

    #[track_caller]
    fn same(left: &str, right: &str) {
        assert_eq!(parse(left).unwrap(), parse(right).unwrap());
    }

    #[test]
    fn and_binds_more_tightly_than_or_and_not_most() {
        same("a eq 1 or b eq 2 and c eq 3", "a eq 1 or (b eq 2 and c eq 3)");
        same("not a eq 1 and b eq 2", "(not (a eq 1)) and (b eq 2)");
        same("not(contains(a,'x'))", "not contains(a, 'x')");
    }

    #[test]
    fn a_bad_filter_names_the_position() {
        for (text, position) in
            [("subject e 'x'", 8), ("subject eq", 10), ("a eq 1)", 6), ("contains(a 'x')", 11)]
        {
            let failure = parse(text).unwrap_err();
            let wanted = format!("at position {position} in");
            assert!(failure.message.contains(&wanted), "{text}: {}", failure.message);
            assert_eq!(failure.code, "0x0");
        }
        assert!(parse("a eq 'x").unwrap_err().message.contains("unterminated"));
        assert!(parse("").is_err());
        assert!(parse("a in ('x','y')").is_err());
    }

    #[test]
    fn quotes_are_doubled_and_aliases_replaced() {
        let aliases = HashMap::from([("p1".to_owned(), "'it''s'".to_owned())]);
        assert_eq!(
            parse_filter("a eq @p1", &aliases).unwrap(),
            parse_filter("a eq 'it''s'", &aliases).unwrap()
        );
        assert!(parse_filter("a eq @p2", &aliases).is_err());
    }

    #[test]
    fn nesting_has_an_end() {
        let deep = format!("{}a eq 1{}", "(".repeat(5000), ")".repeat(5000));
        assert!(parse(&deep).is_err());
        assert!(parse(&"not ".repeat(5000)).is_err());
        let long = vec!["a eq 1"; 2000].join(" or ");
        assert!(parse(&long).is_ok());
    }

    fn literals() -> impl Strategy<Value = Literal> {
        prop_oneof![
            Just(Literal::Null),
            any::<bool>().prop_map(Literal::Bool),
            any::<i64>().prop_map(Literal::Int),
            (-1.0e12..1.0e12_f64).prop_map(Literal::Number),
            ".*".prop_map(Literal::Text),
            any::<u128>().prop_map(|bits| Literal::Guid(Uuid::from_u128(bits))),
            (-6_800_000_000_i64..200_000_000_000).prop_map(|seconds| Literal::Instant(
                DateTime::from_timestamp(seconds, 0).unwrap()
            )),
            (-80_000_i32..100_000).prop_map(|day| Literal::Date(
                NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + chrono::Duration::days(day.into())
            )),
        ]
    }

    proptest! {
        #[test]
        fn a_rendered_literal_reads_back_the_same(literal in literals()) {
            let text = format!("x eq {}", literal.render());
            let expected = Expression::Compare(
                Operand::Path(PropertyPath(vec!["x".into()])),
                Operator::Equal,
                Operand::Literal(literal),
            );
            prop_assert_eq!(parse(&text).unwrap(), expected);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".*") {
            let _ = parse(&text);
        }

        #[test]
        fn no_row_of_tokens_makes_the_parser_panic(
            tokens in prop::collection::vec(
                prop::sample::select(vec![
                    "(", ")", "not", "and", "or", "eq", "a", "'x'", "1", ",", "contains(", "any(",
                    "p:", "a/any(p:p/b", "Microsoft.Dynamics.CRM.In(PropertyName=", "[\"", "]", "@p",
                    "null", "'", "ä", "-", "/", "=",
                ]),
                0..30,
            )
        ) {
            let _ = parse(&tokens.join(" "));
            let _ = parse(&tokens.concat());
        }
    }
}
