//! Requests, made up.

use crate::client::Request;
use crate::world::Extent;
use fastrand::Rng;
use serde_json::json;

const TAGS: [&str; 4] = ["red", "green", "blue", "pale"];
const WORDS: [&str; 5] = ["apple", "pear", "topic", "1", "nothing"];
const VISIBILITIES: [&str; 3] = ["public", "members", "hidden"];

/// Ids that are asked for: those that the world begins with, and some that exist later or never.
const USERS: i64 = 7;
const BEGINNING_TOPICS: i64 = 6;
const TOPICS: i64 = 9;
const POSTS: i64 = 26;

/// Viewers whose every page is looked at: nobody, the moderator, two members, and an id that has no user.
const VIEWERS: [Option<i64>; 5] = [None, Some(1), Some(2), Some(3), Some(99)];

/// Choices that a seed repeats.
#[derive(Debug)]
pub(crate) struct Traffic {
    pub(crate) choices: Rng,
    /// The topic that most of a round is about: what is read and written again and again shows what a cache does wrong.
    focus: i64,
}

impl Traffic {
    pub(crate) fn new(seed: u64) -> Self {
        let mut choices = Rng::with_seed(seed);
        let focus = choices.i64(1..=BEGINNING_TOPICS);
        Self { choices, focus }
    }

    /// Choices of its own for somebody who asks beside others.
    pub(crate) fn fork(&mut self) -> Self {
        Self { choices: self.choices.fork(), focus: self.focus }
    }

    fn is_about_focus(&mut self) -> bool {
        self.choices.u8(0..10) < 7
    }

    fn topic(&mut self) -> i64 {
        if self.is_about_focus() { self.focus } else { self.choices.i64(1..=TOPICS) }
    }

    /// Post number n stands in topic n % 6 + 1 at the beginning.
    fn post(&mut self) -> i64 {
        if self.is_about_focus() {
            return self.focus - 1 + BEGINNING_TOPICS * self.choices.i64(0..3);
        }
        self.choices.i64(1..=POSTS)
    }

    fn user(&mut self) -> i64 {
        let most = if self.is_about_focus() { 3 } else { USERS };
        self.choices.i64(1..=most)
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        self.choices.choice(of).copied().unwrap_or_default()
    }

    fn viewer(&mut self) -> Option<i64> {
        match self.choices.u8(0..8) {
            0..=1 => None,
            2..=4 => Some(1),
            _ => Some(self.user()),
        }
    }

    /// Mostly the moderator, who may do everything.
    fn writer(&mut self) -> i64 {
        if self.choices.u8(0..4) > 0 { 1 } else { self.user() }
    }

    fn text(&mut self) -> String {
        format!("{} {}", self.pick(&WORDS), self.choices.u16(..))
    }

    pub(crate) fn read(&mut self) -> Request {
        let (topic, post, user) = (self.topic(), self.post(), self.user());
        let page = self.choices.u8(0..2);
        let path = match self.choices.u8(0..13) {
            0 => format!("/users/{user}"),
            1 => format!("/users/{user}/profile"),
            2 => format!("/names/user%20{user}"),
            3 => String::from("/ranking"),
            4 => String::from("/"),
            5 => String::from("/tags"),
            6 => String::from("/bookmarks"),
            7 => format!("/search?word={}", self.pick(&WORDS)),
            8 => format!("/topics?sort=active&page={page}"),
            9 => format!("/topics?tag={}", self.pick(&TAGS)),
            10 => format!("/topics/{topic}"),
            11 => format!("/topics/{topic}/posts?page={page}"),
            _ => format!("/posts/{post}"),
        };
        Request::get(path, self.viewer())
    }

    pub(crate) fn write(&mut self) -> Request {
        let (topic, post, user) = (self.topic(), self.post(), self.user());
        let writer = self.writer();
        let (method, path, body) = match self.choices.u8(0..20) {
            0 => ("POST", String::from("/users"), json!({ "name": format!("user {user}") })),
            1 => ("PUT", format!("/users/{user}/bio"), json!(self.text())),
            2 => (
                "PUT",
                format!("/users/{user}/name"),
                json!(format!("user {}", self.choices.u8(1..=9))),
            ),
            3 => ("PUT", format!("/users/{user}/role"), json!(self.pick(&["member", "moderator"]))),
            4..=5 => ("POST", format!("/users/{user}/points"), json!(self.choices.u8(0..6))),
            6 => ("POST", String::from("/topics"), self.new_topic()),
            7..=8 => ("PUT", format!("/topics/{topic}"), self.draft()),
            9 => ("PUT", format!("/topics/{topic}/tags"), self.tags()),
            10 => self.rare(),
            11..=12 => ("POST", format!("/topics/{topic}/posts"), json!(self.text())),
            13..=14 => ("PUT", format!("/posts/{post}"), json!(self.text())),
            15 => ("DELETE", format!("/posts/{post}"), json!(null)),
            16..=17 => (self.pick(&["PUT", "DELETE"]), format!("/posts/{post}/like"), json!(null)),
            _ => (self.pick(&["PUT", "DELETE"]), format!("/bookmarks/{topic}"), json!(null)),
        };
        // A moderator whom somebody has made a member could never be made one again.
        let (user, body) = if path == "/users/1/role" {
            (Some(1), json!("moderator"))
        } else {
            (Some(writer), body)
        };
        Request { method, path, user, body: (!body.is_null()).then(|| body.to_string()) }
    }

    fn draft(&mut self) -> serde_json::Value {
        json!({ "title": self.text(), "visibility": self.pick(&VISIBILITIES) })
    }

    fn tags(&mut self) -> serde_json::Value {
        json!([self.pick(&TAGS), self.pick(&TAGS)])
    }

    fn new_topic(&mut self) -> serde_json::Value {
        let (title, visibility) = (self.text(), self.pick(&VISIBILITIES));
        json!({ "title": title, "visibility": visibility, "tags": self.tags(), "body": self.text() })
    }

    /// What leaves less of the world.
    fn rare(&mut self) -> (&'static str, String, serde_json::Value) {
        let topic = self.choices.i64(1..=TOPICS);
        if self.choices.bool() {
            return ("DELETE", format!("/topics/{topic}"), json!(null));
        }
        ("POST", format!("/topics/{topic}/merge"), json!({ "into": self.choices.i64(1..=TOPICS) }))
    }
}

/// Every page that there is for some viewers, as far as ids reach.
pub(crate) fn everything(extent: Extent, viewers: usize) -> Vec<Request> {
    let mut all: Vec<_> = ["/", "/ranking", "/tags"].map(|path| Request::get(path, None)).into();
    for user in 1..=extent.users + 1 {
        all.extend(["", "/profile"].map(|page| Request::get(format!("/users/{user}{page}"), None)));
        all.push(Request::get("/bookmarks", Some(user)));
    }
    all.extend((1..=9).map(|name| Request::get(format!("/names/user%20{name}"), None)));
    for viewer in VIEWERS.into_iter().take(viewers) {
        all.extend(pages(extent).into_iter().map(|path| Request::get(path, viewer)));
    }
    all
}

/// The pages that depend on who looks at them.
fn pages(extent: Extent) -> Vec<String> {
    let mut pages: Vec<_> = WORDS.map(|word| format!("/search?word={word}")).into();
    pages.extend(TAGS.map(|tag| format!("/topics?tag={tag}")));
    for page in 0..3 {
        pages.push(format!("/topics?page={page}"));
        pages.push(format!("/topics?sort=active&page={page}"));
    }
    for topic in 1..=extent.topics + 1 {
        pages.push(format!("/topics/{topic}"));
        pages.extend((0..3).map(|page| format!("/topics/{topic}/posts?page={page}")));
    }
    pages.extend((1..=extent.posts + 1).map(|post| format!("/posts/{post}")));
    pages
}
