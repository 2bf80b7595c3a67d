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
mod tests;
