//! Listing the keys of a handle.

use crate::error::Result;
use futures_core::Stream;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A stream of the keys of a handle that match a pattern, without the prefix, page by page through
/// SCAN.
///
/// A key that is there during the whole listing is listed, and may be listed twice. A key that
/// comes or goes during the listing may or may not be listed. Dropping the stream ends the listing.
pub struct Keys {
    pages: Pin<Box<dyn Stream<Item = Result<Vec<String>>> + Send>>,
    page: std::vec::IntoIter<String>,
}

impl Keys {
    pub(crate) fn new(pages: impl Stream<Item = Result<Vec<String>>> + Send + 'static) -> Self {
        Self { pages: Box::pin(pages), page: Vec::new().into_iter() }
    }

    /// Returns the next key, or `None` at the end. Equals `StreamExt::next`, for programs without
    /// `StreamExt`.
    ///
    /// # Errors
    ///
    /// The store failed. The listing ends with this error.
    pub async fn next(&mut self) -> Option<Result<String>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for Keys {
    type Item = Result<String>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(key) = self.page.next() {
                return Poll::Ready(Some(Ok(key)));
            }
            match std::task::ready!(self.pages.as_mut().poll_next(context)) {
                Some(Ok(page)) => self.page = page.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}
