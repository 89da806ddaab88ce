//! Lists a page at a time. A page begins after the last item of the page before it (a keyset, never an offset), so that what
//! is added meanwhile neither doubles an item nor hides one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xunjian_protocol::problem::ProblemCode;

use crate::error::Error;

/// Items of a page where nobody says.
const DEFAULT_LIMIT: usize = 50;
/// Most items of a page.
const MAX_LIMIT: usize = 200;

/// One page of a keyset list: pass `next` as `after` to go on; `null` at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// How many items there are on all pages together.
    pub total: u64,
}

/// The parameters of a request's address.
#[derive(Debug, Clone, Default)]
pub struct Params(BTreeMap<String, String>);

/// A parameter is wrong.
pub fn bad(name: &str, why: impl std::fmt::Display) -> Error {
    Error::Problem(ProblemCode::BadParameter, format!("{name}: {why}"))
}

/// There is no such thing.
pub fn missing(what: impl Into<String>) -> Error {
    Error::Problem(ProblemCode::NotFound, what.into())
}

impl Params {
    /// Takes the parameters of an address, each at most once and only those that the method knows.
    ///
    /// # Errors
    /// [`Error::Problem`] 400.3 naming the parameter.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>, known: &[&str]) -> Result<Self, Error> {
        let mut found = BTreeMap::new();
        for (name, value) in pairs {
            if !known.contains(&name.as_str()) {
                return Err(bad(&name, format!("is not one of: {}", known.join(", "))));
            }
            if found.insert(name.clone(), value).is_some() {
                return Err(bad(&name, "stands twice"));
            }
        }
        Ok(Self(found))
    }

    /// A text; empty when it is missing.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// One of these words; empty when it is missing.
    ///
    /// # Errors
    /// [`Error::Problem`] 400.3.
    pub fn choice(&self, name: &str, words: &[&str]) -> Result<&str, Error> {
        let text = self.text(name);
        if text.is_empty() || words.contains(&text) {
            return Ok(text);
        }
        Err(bad(name, format!("“{text}” is not one of: {}", words.join(", "))))
    }

    /// How many items a page has.
    ///
    /// # Errors
    /// [`Error::Problem`] 400.3.
    pub fn limit(&self) -> Result<usize, Error> {
        match self.text("limit") {
            "" => Ok(DEFAULT_LIMIT),
            text => match text.parse() {
                Ok(limit) if (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
                _ => Err(bad("limit", format!("must be a number from 1 to {MAX_LIMIT}"))),
            },
        }
    }

    /// Where a list that is sorted newest first goes on: the moment (or place) and the ids of the last item.
    ///
    /// # Errors
    /// [`Error::Problem`] 400.3.
    pub fn after(&self) -> Result<(i64, Vec<String>), Error> {
        let text = self.text("after");
        if text.is_empty() {
            return Ok((i64::MAX, Vec::new()));
        }
        let mut parts = text.split('~');
        let at = parts.next().and_then(|at| at.parse().ok());
        let at = at.ok_or_else(|| bad("after", "must be the `next` of the page before"))?;
        Ok((at, parts.map(str::to_owned).collect()))
    }

    /// What to look for, as a pattern for `LIKE … ESCAPE '\'` over lower-case columns; empty for everything.
    #[must_use]
    pub fn pattern(&self) -> String {
        let wanted = self.text("q").trim().to_lowercase();
        if wanted.is_empty() {
            return String::new();
        }
        let mut pattern = String::from("%");
        for c in wanted.chars() {
            if matches!(c, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push('%');
        pattern
    }

    /// Whether one of these texts has what is looked for.
    #[must_use]
    pub fn finds(&self, texts: &[&str]) -> bool {
        let wanted = self.text("q").trim().to_lowercase();
        wanted.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&wanted))
    }

    /// A page of a short list that is in memory as a whole, sorted by `key`.
    ///
    /// # Errors
    /// [`Error::Problem`] 400.3.
    pub fn page<T>(&self, mut items: Vec<T>, key: impl Fn(&T) -> String) -> Result<Page<T>, Error> {
        let (limit, after) = (self.limit()?, self.text("after"));
        items.sort_by_cached_key(&key);
        let total = items.len() as u64;
        let rest = items.into_iter().filter(|item| after.is_empty() || key(item).as_str() > after);
        let items: Vec<T> = rest.take(limit + 1).collect();
        Ok(Page::cut(items, limit, total, key))
    }

    /// A page of a list that is in memory as a whole and has an order of its own: of those that fit, the ones behind the
    /// item that the page before ended with, whether or not that one still fits.
    ///
    /// # Errors
    /// [`Error::Problem`] 400.3 when no item has that key; those of `fits`.
    pub fn page_in_order<T>(
        &self,
        items: Vec<T>,
        fits: impl Fn(&T) -> Result<bool, Error>,
        key: impl Fn(&T) -> String,
    ) -> Result<Page<T>, Error> {
        let (limit, after) = (self.limit()?, self.text("after"));
        let from = match after {
            "" => 0,
            last => match items.iter().position(|item| key(item) == last) {
                Some(at) => at + 1,
                None => return Err(bad("after", "must be the `next` of the page before")),
            },
        };
        let (mut fitting, mut total) = (Vec::new(), 0);
        for (at, item) in items.into_iter().enumerate() {
            if fits(&item)? {
                total += 1;
                if at >= from && fitting.len() <= limit {
                    fitting.push(item);
                }
            }
        }
        Ok(Page::cut(fitting, limit, total, key))
    }
}

impl<T> Page<T> {
    /// Makes a page of one item more than it holds, if there is one; `key` says where the next page begins.
    pub fn cut(mut items: Vec<T>, limit: usize, total: u64, key: impl Fn(&T) -> String) -> Self {
        let is_more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| is_more).map(key);
        Self { items, next, total }
    }
}

/// `limit + 1` for a statement.
pub(crate) fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Result<Params, Error> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Params::new(pairs, &["limit", "after", "q", "kind"])
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        let refused = |result: Result<Params, Error>| result.unwrap_err().to_string();
        assert!(refused(params(&[("room", "x")])).contains("room"));
        assert!(refused(params(&[("q", "x"), ("q", "y")])).contains("q: stands twice"));
        for limit in ["0", "201", "-1", "many"] {
            assert!(params(&[("limit", limit)]).unwrap().limit().unwrap_err().to_string().contains("limit"), "{limit}");
        }
        assert!(params(&[("after", "x")]).unwrap().after().is_err());
        assert!(params(&[("kind", "boat")]).unwrap().choice("kind", &["rack"]).is_err());
    }

    #[test]
    fn wildcards_are_looked_for_as_they_stand() {
        assert_eq!(params(&[("q", " 50%_A\\ ")]).unwrap().pattern(), "%50\\%\\_a\\\\%");
        assert_eq!(params(&[("q", "  ")]).unwrap().pattern(), "");
    }

    #[test]
    fn pages_of_a_short_list_walk_every_item_once() {
        let mut after = String::new();
        let mut seen = Vec::new();
        loop {
            let asked = params(&[("limit", "3"), ("after", &after)]).unwrap();
            let page = asked.page((0..10).collect(), |item: &i32| format!("{item:02}")).unwrap();
            assert_eq!(page.total, 10);
            seen.extend(page.items);
            let Some(next) = page.next else { break };
            after = next;
        }
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn a_list_in_its_own_order_goes_on_behind_an_item_that_no_longer_fits() {
        let items = vec![5, 3, 9, 8, 2, 7];
        let page = |after: &str, least: i32| {
            let asked = params(&[("limit", "2"), ("after", after)]).unwrap();
            asked.page_in_order(items.clone(), |item| Ok(*item >= least), i32::to_string)
        };
        let first = page("", 3).unwrap();
        assert_eq!((first.items, first.next.as_deref(), first.total), (vec![5, 3], Some("3"), 5));
        let second = page("3", 5).unwrap();
        assert_eq!((second.items, second.next.as_deref(), second.total), (vec![9, 8], Some("8"), 4));
        let last = page("8", 5).unwrap();
        assert_eq!((last.items, last.next, last.total), (vec![7], None, 4));
        assert!(page("6", 5).err().unwrap().to_string().contains("after"));
    }
}
