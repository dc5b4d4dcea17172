//! What packaged units and cautious operators do to OpenVPN, with the real agent behind it.

use crate::house::{House, Plan};
use authx_e2e::{
    PASSWORD, Person,
    vpn::{LightOptions, ServerOptions},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_nobody_with_ten_processes_and_over_signals() {
    let openvpn =
        ServerOptions { user_nobody: true, most_processes: Some(10), ..Default::default() };
    Box::pin(signs_in_over_signals(openvpn)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_jail_and_over_signals() {
    let openvpn = ServerOptions { user_nobody: true, chroot: true, ..Default::default() };
    Box::pin(signs_in_over_signals(openvpn)).await;
}

async fn signs_in_over_signals(openvpn: ServerOptions) {
    let jailed = openvpn.chroot;
    let Some(mut house) = House::new(Plan { openvpn, ..Plan::default() }).await else { return };
    signs_in(&house, &house.person("alice").await).await;
    house.openvpn.usr1().await;
    signs_in(&house, &house.person("bob").await).await;
    house.agent.stop().await;
    house.agent.start_again().await;
    signs_in(&house, &house.person("carol").await).await;
    // In the jail OpenVPN finds neither its configuration nor its certificates again.
    if !jailed {
        house.openvpn.hangup().await;
        signs_in(&house, &house.person("dave").await).await;
    }
    house.openvpn.restart().await;
    signs_in(&house, &house.person("erin").await).await;
}

/// With a code in a field of its own, and by a question.
async fn signs_in(house: &House, person: &Person) {
    let crowd = house.crowd();
    let sso = Some("crtext".to_owned());
    let mut client = crowd.client(LightOptions { sso, ..Default::default() }).await;
    crate::house::question(&client.sign_in(&person.name, PASSWORD).await);
    let outcome = client.answer(&person.code()).await;
    assert!(outcome.is_connected(), "{}: {outcome:?}\n{}", person.name, house.told());
}
