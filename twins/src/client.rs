//! HTTP/1.1, as far as the service speaks it, and a client that may leave in the middle of a request.

use std::fmt::{self, Write as _};
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Longer than any wait that the cache promises, two minutes for an invalidation apart.
const PATIENCE: Duration = Duration::from_secs(30);

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    /// Who asks.
    pub(crate) user: Option<i64>,
    /// JSON.
    pub(crate) body: Option<String>,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        if let Some(user) = self.user {
            write!(f, " as {user}")?;
        }
        self.body.as_ref().map_or(Ok(()), |body| write!(f, " {body}"))
    }
}

impl Request {
    pub(crate) fn get(path: impl Into<String>, user: Option<i64>) -> Self {
        Self { method: "GET", path: path.into(), user, body: None }
    }

    fn text(&self) -> String {
        let mut text = format!("{} {} HTTP/1.1\r\nhost: localhost\r\n", self.method, self.path);
        if let Some(user) = self.user {
            let _ = write!(text, "x-user: {user}\r\n");
        }
        let Some(body) = &self.body else {
            return text + "\r\n";
        };
        let length = body.len();
        text + &format!("content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
    }
}

/// One answer: all of it but the header `date`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<String>,
    pub(crate) body: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.status, self.headers, self.body)
    }
}

/// Connections to one process.
#[derive(Debug)]
pub(crate) struct Client {
    port: u16,
    idle: Mutex<Vec<TcpStream>>,
}

impl Client {
    pub(crate) fn new(port: u16) -> Self {
        Self { port, idle: Mutex::default() }
    }

    /// Asks, and waits for the answer.
    pub(crate) async fn send(&self, request: &Request) -> io::Result<Answer> {
        let mut stream = self.connection().await?;
        let exchange = async {
            stream.write_all(request.text().as_bytes()).await?;
            receive(&mut stream).await
        };
        let answer = timeout(PATIENCE, exchange).await??;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
        Ok(answer)
    }

    /// Asks, and hangs up after a time, whatever has become of the request by then.
    pub(crate) async fn leave(&self, request: &Request, after: Duration) -> io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.write_all(request.text().as_bytes()).await?;
        sleep(after).await;
        Ok(())
    }

    async fn connection(&self) -> io::Result<TcpStream> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(stream) = idle {
            return Ok(stream);
        }
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

async fn receive(stream: &mut TcpStream) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut answer = parse_head(&head).ok_or(io::ErrorKind::InvalidData)?;
    let mut body = bytes.split_off(head_end + 4);
    let length = answer.length().unwrap_or(0);
    while body.len() < length {
        if stream.read_buf(&mut body).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    answer.body = String::from_utf8_lossy(&body).into_owned();
    Ok(answer)
}

fn parse_head(head: &str) -> Option<Answer> {
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let mut headers: Vec<_> =
        lines.filter(|line| !line.starts_with("date:")).map(str::to_owned).collect();
    headers.sort_unstable();
    Some(Answer { status, headers, body: String::new() })
}

impl Answer {
    fn length(&self) -> Option<usize> {
        self.headers.iter().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()
    }
}
