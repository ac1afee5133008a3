//! Certificates for one test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A certificate authority of its own and one server certificate for `localhost` and `127.0.0.1`.
///
/// Made anew by the `openssl` program rather than kept in the repository: a stored certificate
/// runs out some day, and a stored key alarms everybody's scanners.
#[derive(Clone, Debug)]
pub struct Certificates {
    directory: PathBuf,
}

/// One file for all calls, because macOS' openssl lacks half of the command line options.
const CONFIG: &str = "
[req]
distinguished_name = name
prompt = no
[name]
CN = cache-runtime tests
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
";

impl Certificates {
    /// Writes the files into `directory`, which must outlive their use.
    ///
    /// # Panics
    ///
    /// When `openssl` is missing (the message says what to install) or fails.
    #[must_use]
    pub fn create(directory: &Path) -> Self {
        fs::write(directory.join("openssl.cnf"), CONFIG).expect("the directory is writable");
        let openssl = |arguments: &str| run_openssl(directory, arguments);

        openssl("ecparam -genkey -noout -name prime256v1 -out ca.key");
        openssl(
            "req -x509 -new -key ca.key -out ca.pem -days 2 -config openssl.cnf \
             -extensions authority",
        );
        openssl("ecparam -genkey -noout -name prime256v1 -out server.key");
        openssl("req -new -key server.key -out server.csr -config openssl.cnf");
        openssl(
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
             -extfile openssl.cnf -extensions server -out server.pem",
        );
        Self { directory: directory.to_owned() }
    }

    /// Returns the path of the authority's certificate, which a client has to trust.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }

    /// Returns the path of the server's certificate.
    #[must_use]
    pub fn server_certificate(&self) -> PathBuf {
        self.directory.join("server.pem")
    }

    /// Returns the path of the server's private key.
    #[must_use]
    pub fn server_key(&self) -> PathBuf {
        self.directory.join("server.key")
    }
}

fn run_openssl(directory: &Path, arguments: &str) {
    let output = Command::new("openssl")
        .args(arguments.split_whitespace())
        .current_dir(directory)
        .output()
        .unwrap_or_else(|error| {
            panic!(
                "cannot run `openssl` ({error}); install it: `apt-get install openssl` or \
                 `brew install openssl`"
            )
        });
    assert!(
        output.status.success(),
        "`openssl {arguments}` failed:\n{}",
        String::from_utf8_lossy(&output.stderr),
    );
}
