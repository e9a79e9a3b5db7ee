//! The first connection to PostgreSQL, made before any pool: a pool that cannot connect only knows
//! that it waited. What is wrong is told with address, role and database, which are no secrets, and
//! never with the password.

use crate::error::{Result, StoreError};
use crate::pool::ACQUIRE_LIMIT;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::{self, Connection};

/// Whether an address of PostgreSQL and its parameters can be read; nothing is connected to.
///
/// # Errors
/// If it cannot, without a word of it: it may hold a password.
pub fn check_address(url: &str) -> Result<()> {
    options(url).map(|_| ())
}

fn options(url: &str) -> Result<PgConnectOptions> {
    url.parse()
        .map_err(|_| StoreError::Config("the address of the database cannot be read".to_owned()))
}

/// Connects once and leaves again.
pub(crate) async fn reach(url: &str) -> Result<()> {
    let options = options(url)?;
    let place = format!("PostgreSQL at {}:{}", options.get_host(), options.get_port());
    match tokio::time::timeout(ACQUIRE_LIMIT, PgConnection::connect_with(&options)).await {
        Ok(Ok(connection)) => {
            // Whether it leaves politely changes nothing.
            let _ = connection.close().await;
            Ok(())
        }
        Ok(Err(error)) => Err(told(&place, &options, &error)),
        Err(_) => Err(StoreError::Unavailable(format!(
            "{place} did not answer within {} s",
            ACQUIRE_LIMIT.as_secs()
        ))),
    }
}

fn told(place: &str, options: &PgConnectOptions, error: &sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Io(why) => StoreError::Unavailable(format!("{place}: {}", why.kind())),
        sqlx::Error::Tls(_) => StoreError::Config(format!("{place}: TLS could not be agreed on")),
        sqlx::Error::Database(why) => {
            let code = why.code().unwrap_or_default().into_owned();
            let role = options.get_username();
            let database = options.get_database().unwrap_or(role);
            match code.as_str() {
                "28P01" | "28000" => StoreError::Config(format!(
                    "{place} refuses role {role}: wrong password, or not allowed to connect \
                     (SQLSTATE {code})"
                )),
                "3D000" => StoreError::Config(format!(
                    "{place} has no database {database} (SQLSTATE {code})"
                )),
                "42501" => StoreError::Config(format!(
                    "{place}: role {role} may not connect to {database} (SQLSTATE {code})"
                )),
                "53300" => StoreError::Unavailable(format!(
                    "{place} has no connection left (SQLSTATE {code})"
                )),
                "57P03" => StoreError::Unavailable(format!(
                    "{place} is starting up or shutting down (SQLSTATE {code})"
                )),
                _ => StoreError::Unavailable(format!("{place}: SQLSTATE {code}")),
            }
        }
        _ => StoreError::Unavailable(format!("{place} could not be spoken to")),
    }
}
