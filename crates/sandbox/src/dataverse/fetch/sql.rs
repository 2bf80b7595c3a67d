//! Reads the `SELECT` statements that `?sql=` takes (other people's clients, section 1): columns
//! and sums of one table and of those joined to it.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::document::{
    Aggregate, Attribute, Comparison, Entity, Fetch, Filter, Link, Part, Sorting,
};
use crate::dataverse::failure::{Failure, Outcome};
use crate::dataverse::schema::Schema;

/// Parentheses inside one another.
const MAX_DEPTH: usize = 30;
/// Words that cannot be an alias.
const RESERVED: &[&str] = &[
    "on", "where", "inner", "left", "join", "order", "group", "and", "or", "from", "as", "outer",
    "limit", "offset", "having", "union",
];

/// Reads a statement.
///
/// # Errors
/// 400 `0x80040203` for syntax that is wrong or not offered, naming the place.
pub(super) fn read(schema: &Schema, text: &str) -> Outcome<Fetch> {
    let tokens = tokens(text)?;
    let mut reader = Reader { schema, tokens: tokens.into_iter().peekable(), depth: 0 };
    reader.statement()
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A keyword or name, possibly with dots.
    Word(String),
    Text(String),
    Number(String),
    Sign(String),
}

fn tokens(text: &str) -> Outcome<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(&letter) = letters.peek() {
        if letter.is_whitespace() || letter == ';' {
            letters.next();
        } else if letter == '\'' {
            letters.next();
            tokens.push(Token::Text(quoted(&mut letters)?));
        } else if letter.is_ascii_digit() || letter == '-' {
            letters.next();
            let mut number = letter.to_string();
            while let Some(next) = letters.next_if(|next| next.is_ascii_digit() || *next == '.') {
                number.push(next);
            }
            tokens.push(Token::Number(number));
        } else if letter.is_alphabetic() || letter == '_' || letter == '[' || letter == '@' {
            let in_word =
                |next: &char| next.is_alphanumeric() || matches!(next, '_' | '.' | '[' | ']');
            let mut word = String::new();
            while let Some(next) = letters.next_if(in_word) {
                if !matches!(next, '[' | ']') {
                    word.push(next);
                }
            }
            if word.is_empty() {
                return Err(syntax(&letter.to_string()));
            }
            tokens.push(Token::Word(word));
        } else {
            letters.next();
            let mut sign = letter.to_string();
            let two = |next: &char| matches!((letter, *next), ('<', '=' | '>') | ('>' | '!', '='));
            sign.extend(letters.next_if(two));
            tokens.push(Token::Sign(sign));
        }
    }
    Ok(tokens)
}

fn quoted(letters: &mut Peekable<std::str::Chars<'_>>) -> Outcome<String> {
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        if letter == '\'' && letters.next_if_eq(&'\'').is_none() {
            return Ok(text);
        }
        text.push(letter);
    }
    Err(syntax("the end: a quote is open"))
}

/// A column as the select list names it.
struct Item {
    qualifier: Option<String>,
    /// `None` for `*`.
    name: Option<String>,
    alias: Option<String>,
    aggregate: Option<Aggregate>,
    distinct: bool,
}

struct Reader<'s> {
    schema: &'s Schema,
    tokens: Peekable<IntoIter<Token>>,
    depth: usize,
}

impl Reader<'_> {
    fn statement(&mut self) -> Outcome<Fetch> {
        let mut fetch = Fetch { page: 1, ..Fetch::default() };
        self.expect("select")?;
        fetch.distinct = self.taken("distinct");
        if self.taken("top") {
            let Some(Token::Number(number)) = self.tokens.next() else {
                return Err(syntax("TOP"));
            };
            fetch.top = Some(number.parse().map_err(|_| syntax(&number))?);
        }
        let items = self.list(Self::item)?;
        self.expect("from")?;
        let (name, root) = self.source()?;
        fetch.entity.name = name;
        let mut tables = Tables { root, links: Vec::new() };
        while let Some(link) = self.link(&tables)? {
            tables.links.push(link);
        }
        if self.taken("where") {
            fetch.entity.filters.push(self.or(&tables, false)?);
        }
        let groups = if self.taken("group") {
            self.expect("by")?;
            self.list(Self::word)?
        } else {
            Vec::new()
        };
        fetch.aggregate = !groups.is_empty() || items.iter().any(|item| item.aggregate.is_some());
        for item in items {
            self.select(item, &groups, &mut fetch, &mut tables)?;
        }
        if self.taken("order") {
            self.expect("by")?;
            let orders = self.list(|reader| reader.sorting(&tables))?;
            fetch.entity.orders = orders;
            if fetch.aggregate {
                for order in &mut fetch.entity.orders {
                    order.alias = order.attribute.take();
                }
            }
        }
        if let Some(token) = self.tokens.next() {
            return Err(unexpected(&token));
        }
        fetch.entity.links = nested(tables.links);
        Ok(fetch)
    }

    fn item(&mut self) -> Outcome<Item> {
        let mut item =
            Item { qualifier: None, name: None, alias: None, aggregate: None, distinct: false };
        if self.sign("*") {
            return Ok(item);
        }
        let word = self.word()?;
        if self.sign("(") {
            let function = word.to_ascii_lowercase();
            item.aggregate = Aggregate::of_name(&function);
            if item.aggregate.is_none() {
                return Err(syntax(&word));
            }
            item.distinct = self.taken("distinct");
            if !self.sign("*") {
                let argument = self.word()?;
                (item.qualifier, item.name) = split(&argument);
                if item.aggregate == Some(Aggregate::Count) {
                    item.aggregate = Some(Aggregate::CountColumn);
                }
            }
            if !self.sign(")") {
                return Err(syntax(&word));
            }
            item.alias = Some(function);
        } else if let Some(qualifier) = word.strip_suffix('.') {
            if !self.sign("*") {
                return Err(syntax(&word));
            }
            item.qualifier = Some(qualifier.to_ascii_lowercase());
            return Ok(item);
        } else {
            (item.qualifier, item.name) = split(&word);
        }
        if self.taken("as") {
            item.alias = Some(self.word()?);
        } else if let Some(alias) = self.alias() {
            item.alias = Some(alias);
        }
        Ok(item)
    }

    /// A table with its alias.
    fn source(&mut self) -> Outcome<(String, String)> {
        let name = self.word()?.to_ascii_lowercase();
        let alias = if self.taken("as") { Some(self.word()?) } else { self.alias() };
        let alias = alias.unwrap_or_else(|| name.clone());
        Ok((name, alias.to_ascii_lowercase()))
    }

    fn alias(&mut self) -> Option<String> {
        let is_name = |token: &Token| {
            matches!(token, Token::Word(word)
                if !RESERVED.contains(&word.to_ascii_lowercase().as_str()))
        };
        match self.tokens.next_if(is_name) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// A join, with the alias of the table that it joins to.
    fn link(&mut self, tables: &Tables) -> Outcome<Option<(String, Link)>> {
        let outer = self.taken("left");
        if outer {
            self.taken("outer");
        }
        if !outer {
            self.taken("inner");
        }
        if !self.taken("join") {
            return if outer { Err(syntax("LEFT")) } else { Ok(None) };
        }
        let (name, alias) = self.source()?;
        self.expect("on")?;
        let left = split(&self.word()?);
        if !self.sign("=") {
            return Err(syntax("ON"));
        }
        let right = split(&self.word()?);
        let (own, other) = match (&left.0, &right.0) {
            (Some(qualifier), _) if *qualifier == alias => (left, right),
            (_, Some(qualifier)) if *qualifier == alias => (right, left),
            _ => return Err(syntax(&format!("ON of '{alias}'"))),
        };
        let parent = other.0.unwrap_or_else(|| tables.root.clone());
        let link = Link {
            entity: Entity { name, ..Entity::default() },
            from: own.1.unwrap_or_default(),
            to: other.1.unwrap_or_default(),
            alias: Some(alias),
            outer,
        };
        Ok(Some((parent, link)))
    }

    fn select(
        &mut self,
        item: Item,
        groups: &[String],
        fetch: &mut Fetch,
        tables: &mut Tables,
    ) -> Outcome<()> {
        let root = fetch.entity.name.clone();
        let key = self.schema.find(&root).map(|table| table.column(table.key).logical_name.clone());
        let entity = match &item.qualifier {
            Some(qualifier) if *qualifier != tables.root => tables
                .links
                .iter_mut()
                .find(|(_, link)| link.alias.as_ref() == Some(qualifier))
                .map(|(_, link)| &mut link.entity)
                .ok_or_else(|| syntax(qualifier))?,
            _ => &mut fetch.entity,
        };
        let name = match (item.name, item.aggregate) {
            (Some(name), _) => name,
            (None, Some(_)) => key.unwrap_or_default(),
            (None, None) => {
                entity.all_attributes = true;
                return Ok(());
            }
        };
        let grouped = |group: &String| split(group).1.as_deref() == Some(name.as_str());
        let linked = item.qualifier.as_ref().is_some_and(|qualifier| *qualifier != tables.root);
        let default = (fetch.aggregate || linked).then(|| name.clone());
        entity.attributes.push(Attribute {
            alias: item.alias.or(default),
            group_by: item.aggregate.is_none() && groups.iter().any(grouped),
            aggregate: item.aggregate,
            distinct: item.distinct,
            date_part: None,
            name,
        });
        Ok(())
    }

    fn sorting(&mut self, tables: &Tables) -> Outcome<Sorting> {
        let (qualifier, name) = split(&self.word()?);
        let descending = self.taken("desc");
        if !descending {
            self.taken("asc");
        }
        let entity = qualifier.filter(|qualifier| *qualifier != tables.root);
        Ok(Sorting { attribute: name, alias: None, entity, descending })
    }

    fn or(&mut self, tables: &Tables, negated: bool) -> Outcome<Filter> {
        let mut parts = vec![Part::Filter(self.and(tables, negated)?)];
        while self.taken("or") {
            parts.push(Part::Filter(self.and(tables, negated)?));
        }
        Ok(Filter { or: !negated, parts })
    }

    fn and(&mut self, tables: &Tables, negated: bool) -> Outcome<Filter> {
        let mut parts = vec![self.condition(tables, negated)?];
        while self.taken("and") {
            parts.push(self.condition(tables, negated)?);
        }
        Ok(Filter { or: negated, parts })
    }

    fn condition(&mut self, tables: &Tables, negated: bool) -> Outcome<Part> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(syntax("parentheses: too many"));
        }
        let part = if self.taken("not") {
            self.condition(tables, !negated)
        } else if self.sign("(") {
            let inner = self.or(tables, negated)?;
            if self.sign(")") { Ok(Part::Filter(inner)) } else { Err(syntax("')'")) }
        } else {
            self.comparison(tables, negated).map(Part::Condition)
        };
        self.depth -= 1;
        part
    }

    fn comparison(&mut self, tables: &Tables, negated: bool) -> Outcome<Comparison> {
        let (qualifier, name) = split(&self.word()?);
        let mut comparison = Comparison {
            entity: qualifier.filter(|qualifier| *qualifier != tables.root),
            attribute: name.unwrap_or_default(),
            ..Comparison::default()
        };
        let operator = if self.taken("is") {
            if self.taken("not") { "not-null" } else { "null" }
        } else {
            let not = self.taken("not");
            let operator = self.operator()?;
            if not { opposite(operator) } else { operator }
        };
        match operator {
            "null" | "not-null" => self.expect("null")?,
            "in" | "not-in" => {
                if !self.sign("(") {
                    return Err(syntax("IN"));
                }
                comparison.values = self.list(Self::value)?;
                if !self.sign(")") {
                    return Err(syntax("IN"));
                }
            }
            "between" | "not-between" => {
                comparison.values.push(self.value()?);
                self.expect("and")?;
                comparison.values.push(self.value()?);
            }
            _ => comparison.values.push(self.value()?),
        }
        let operator = if negated { opposite(operator) } else { operator };
        operator.clone_into(&mut comparison.operator);
        Ok(comparison)
    }

    fn operator(&mut self) -> Outcome<&'static str> {
        for (word, operator) in [("like", "like"), ("in", "in"), ("between", "between")] {
            if self.taken(word) {
                return Ok(operator);
            }
        }
        match self.tokens.next() {
            Some(Token::Sign(sign)) => match sign.as_str() {
                "=" => Ok("eq"),
                "<>" | "!=" => Ok("ne"),
                ">" => Ok("gt"),
                ">=" => Ok("ge"),
                "<" => Ok("lt"),
                "<=" => Ok("le"),
                other => Err(syntax(other)),
            },
            Some(token) => Err(unexpected(&token)),
            None => Err(syntax("the end")),
        }
    }

    fn value(&mut self) -> Outcome<String> {
        match self.tokens.next() {
            Some(Token::Text(value) | Token::Number(value)) => Ok(value),
            Some(token) => Err(unexpected(&token)),
            None => Err(syntax("the end")),
        }
    }

    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Outcome<T>) -> Outcome<Vec<T>> {
        let mut all = vec![one(self)?];
        while self.sign(",") {
            all.push(one(self)?);
        }
        Ok(all)
    }

    fn word(&mut self) -> Outcome<String> {
        match self.tokens.next() {
            Some(Token::Word(word)) => Ok(word),
            Some(token) => Err(unexpected(&token)),
            None => Err(syntax("the end")),
        }
    }

    fn taken(&mut self, keyword: &str) -> bool {
        let is = |token: &Token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword));
        self.tokens.next_if(is).is_some()
    }

    fn sign(&mut self, sign: &str) -> bool {
        self.tokens.next_if(|token| matches!(token, Token::Sign(own) if own == sign)).is_some()
    }

    fn expect(&mut self, keyword: &str) -> Outcome<()> {
        if self.taken(keyword) {
            return Ok(());
        }
        Err(match self.tokens.next() {
            Some(token) => unexpected(&token),
            None => syntax(&format!("the end: {} expected", keyword.to_uppercase())),
        })
    }
}

/// The tables of a statement by their aliases.
struct Tables {
    root: String,
    /// Joined tables, each with the alias of the one it is joined to.
    links: Vec<(String, Link)>,
}

/// Puts links inside those that they are joined to.
fn nested(mut links: Vec<(String, Link)>) -> Vec<Link> {
    let mut top = Vec::new();
    while let Some((parent, link)) = links.pop() {
        let holder = links.iter_mut().find(|(_, other)| other.alias.as_ref() == Some(&parent));
        match holder {
            Some((_, holder)) => holder.entity.links.insert(0, link),
            None => top.insert(0, link),
        }
    }
    top
}

fn split(word: &str) -> (Option<String>, Option<String>) {
    let word = word.to_ascii_lowercase();
    match word.split_once('.') {
        Some((qualifier, name)) => (Some(qualifier.to_owned()), Some(name.to_owned())),
        None => (None, Some(word)),
    }
}

fn opposite(operator: &'static str) -> &'static str {
    match operator {
        "eq" => "ne",
        "ne" => "eq",
        "gt" => "le",
        "ge" => "lt",
        "lt" => "ge",
        "le" => "gt",
        "like" => "not-like",
        "not-like" => "like",
        "in" => "not-in",
        "not-in" => "in",
        "between" => "not-between",
        "not-between" => "between",
        "null" => "not-null",
        "not-null" => "null",
        other => other,
    }
}

fn unexpected(token: &Token) -> Failure {
    let (Token::Word(text) | Token::Text(text) | Token::Number(text) | Token::Sign(text)) = token;
    syntax(text)
}

fn syntax(near: &str) -> Failure {
    Failure::bad_request("0x80040203", format!("Incorrect SQL syntax near {near}."))
}
