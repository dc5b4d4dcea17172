//! A sign-in as the VPN's host begins it, where no VPN is needed to show something.

use crate::house::House;
use authx_core::LoginId;
use authx_e2e::{Call, Client, new_id, typed};
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// A sign-in by push, begun with the right password.
pub(crate) struct SignIn {
    client: Client,
    id: LoginId,
    /// What the prompt has shown for the phone.
    pub(crate) number: String,
}

impl House {
    /// Begins one: the user has typed `push` at a prompt that shows this number.
    pub(crate) async fn sign_in(&self, user: &str, number: &str) -> SignIn {
        let socket = self.installation.socket();
        let client = Client::over_socket(&socket, &self.sites.public, &self.installation.vpn);
        let mut body = typed(user, authx_e2e::PASSWORD, Some("push"));
        body["match_number"] = number.into();
        let id = new_id();
        let reply = client.begin(id, &body).await.unwrap();
        assert_eq!(reply.outcome(), "awaiting_phone", "{:?}", reply.json);
        SignIn { client, id, number: number.to_owned() }
    }

    /// How many entries of this kind the record has whose detail says so.
    pub(crate) async fn recorded(&self, kind: &str, detail: &str) -> i64 {
        let query = "SELECT COUNT(*) FROM event WHERE kind = $1 AND detail LIKE $2";
        let like = format!("%{detail}%");
        let row = self.installation.app.store.query_one(query, [kind.into(), like.into()]).await;
        row.unwrap().unwrap().int(0).unwrap()
    }
}

impl SignIn {
    /// How it stands now.
    pub(crate) async fn now(&self) -> Value {
        self.client.read(self.id).await.unwrap().json
    }

    /// Waits until its delivery is in this state, and gives what the user reads about it.
    pub(crate) async fn delivery(&self, state: &str) -> String {
        let login = self.until(|login| login["delivery"]["state"] == state).await;
        login["delivery"]["text"].as_str().unwrap().to_owned()
    }

    /// Waits until it is allowed.
    pub(crate) async fn allowed(&self) {
        self.until(|login| login["state"] == "allowed").await;
    }

    async fn until(&self, is: impl Fn(&Value) -> bool) -> Value {
        let mut login = self.now().await;
        let waits = async {
            while !is(&login) {
                let version = &login["version"];
                let target = format!("/api/v1/logins/{}?after={version}&wait=5", self.id);
                login = self.client.send(&Call::get(target)).await.unwrap().json;
            }
        };
        let came = timeout(PATIENCE, waits).await;
        assert!(came.is_ok(), "after {PATIENCE:?}: {login}");
        login
    }
}

const PATIENCE: Duration = Duration::from_mins(1);
