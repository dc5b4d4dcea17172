//! Passkeys that are made: each answer counts once, and each credential for one account.

use super::{World, authenticator::Authenticator, on_each_engine};
use authx::admin::passkeys::{self, Asked, PasskeyError};
use authx_core::{PasskeyId, TenantId, UserId};

async fn add(
    world: &World,
    (tenant, user): (TenantId, UserId),
    asked: &Asked,
    answer: &str,
) -> Result<PasskeyId, PasskeyError> {
    passkeys::add(&world.app, &world.by, tenant, user, "Key", &asked.state, answer).await
}

#[tokio::test]
async fn an_answer_makes_one_passkey() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let anna = (tenant, world.user(tenant, "anna", None).await);
        let asked = passkeys::ask_new(app, anna.0, anna.1).await.unwrap();
        let answer = Authenticator::new(7).made(&asked);
        let id = add(world, anna, &asked, &answer).await.unwrap();
        let again = add(world, anna, &asked, &answer).await;
        assert!(matches!(again, Err(PasskeyError::Over)), "{again:?}");
        // Removed, it does not come back by what was sent then.
        passkeys::remove(app, by, anna.0, anna.1, id).await.unwrap();
        let again = add(world, anna, &asked, &answer).await;
        assert!(matches!(again, Err(PasskeyError::Over)), "{again:?}");
        assert!(passkeys::list(app, anna.0, anna.1).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_credential_belongs_to_one_account() {
    on_each_engine(async |world| {
        let ours = world.tenant("Example").await;
        let theirs = world.tenant("Other").await;
        let authenticator = Authenticator::new(7);
        let anna = (ours, world.user(ours, "anna", None).await);
        let asked = passkeys::ask_new(&world.app, anna.0, anna.1).await.unwrap();
        add(world, anna, &asked, &authenticator.made(&asked)).await.unwrap();
        for (tenant, called) in [(ours, "bob"), (theirs, "eve")] {
            let other = (tenant, world.user(tenant, called, None).await);
            let asked = passkeys::ask_new(&world.app, other.0, other.1).await.unwrap();
            let refused = add(world, other, &asked, &authenticator.made(&asked)).await;
            assert!(matches!(refused, Err(PasskeyError::Declined)), "{refused:?}");
        }
    })
    .await;
}
