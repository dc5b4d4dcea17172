use super::*;

const USERS: Spec =
    Spec { path: "/users", sorts: &["name", "-seen"], filters: &["state", "group"], size: 3 };

fn listing(query: &str) -> Listing {
    Listing::new(USERS, query)
}

/// What a store would give: rows from 0 to `all`, from the cursor on, one more than the page.
fn read(listing: &Listing, all: u32) -> Vec<u32> {
    let limit = usize::try_from(listing.limit()).unwrap();
    match listing.cursor() {
        None => (0..all).take(limit).collect(),
        Some(Cursor::After(key)) => (key.parse::<u32>().unwrap() + 1..all).take(limit).collect(),
        Some(Cursor::Before(key)) => (0..key.parse().unwrap()).rev().take(limit).collect(),
    }
}

fn page(url: &str, all: u32) -> Page<u32> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let listing = listing(query);
    listing.page(read(&listing, all), ToString::to_string, Total::Exactly(all.into()))
}

#[test]
fn a_list_is_walked_forth_and_back() {
    let first = page("/users", 8);
    assert_eq!((first.rows, first.pager.position.as_str()), (vec![0, 1, 2], "1–3 of 8"));
    assert_eq!(first.pager.previous, None);
    let second = page(&first.pager.next.unwrap(), 8);
    assert_eq!((second.rows, second.pager.position.as_str()), (vec![3, 4, 5], "4–6 of 8"));
    let third = page(&second.pager.next.unwrap(), 8);
    assert_eq!((third.rows, third.pager.position.as_str()), (vec![6, 7], "7–8 of 8"));
    assert_eq!(third.pager.next, None);
    let second = page(&third.pager.previous.unwrap(), 8);
    assert_eq!((second.rows, second.pager.position.as_str()), (vec![3, 4, 5], "4–6 of 8"));
    let first = page(&second.pager.previous.unwrap(), 8);
    assert_eq!((first.rows, first.pager.position.as_str()), (vec![0, 1, 2], "1–3 of 8"));
    assert_eq!(first.pager.previous, None, "nothing is before it");
    assert!(first.pager.next.is_some());
}

#[test]
fn a_page_that_became_empty_leads_back() {
    let gone = page("/users?after=7&at=9", 8);
    assert!(gone.rows.is_empty());
    assert_eq!(gone.pager.previous.as_deref(), Some("/users"));
    assert_eq!(gone.pager.position, "none");
    assert_eq!(page("/users", 0).pager.previous, None);
}

#[test]
fn the_position_says_what_is_known() {
    assert_eq!(position(1, 10, Total::Exactly(128)), "1–10 of 128");
    assert_eq!(position(1, 1, Total::Exactly(1)), "1 of 1");
    assert_eq!(position(1_301, 5, Total::Exactly(1_305)), "1,301–1,305 of 1,305");
    assert_eq!(position(1, 25, Total::MoreThan(100_000)), "1–25 of more than 100,000");
    assert_eq!(position(26, 25, Total::Unknown), "26–50");
    assert_eq!(position(11, 10, Total::Exactly(12)), "11–20 of 20", "rows that have just come");
}

#[test]
fn the_whole_state_is_in_the_url_and_only_what_is_known() {
    let list = listing("q=+a%26b+&state=active&group=&bad=1&sort=-name&after=k&at=11&sort=nothing");
    assert_eq!((list.search(), list.filter("state"), list.filter("group")), ("a&b", "active", ""));
    assert_eq!((list.sort(), list.is_descending()), ("name", true));
    assert_eq!(list.cursor(), Some(&Cursor::After("k".to_owned())));
    assert!(list.is_narrowed() && list.is_sorted());
    assert_eq!(list.here(), "/users?q=a%26b&state=active&sort=-name&after=k&at=11");
    assert_eq!(list.cleared(), "/users?sort=-name");
    assert_eq!(list.with("state", "locked"), "/users?q=a%26b&state=locked&sort=-name");
    assert_eq!(list.with("state", ""), "/users?q=a%26b&sort=-name");
    assert_eq!(list.at_path("/users/export"), "/users/export?q=a%26b&state=active&sort=-name");
    let plain = listing("");
    assert_eq!((plain.here().as_str(), plain.is_narrowed()), ("/users", false));
    assert_eq!(listing(&format!("q={}", "x".repeat(201))).search(), "", "too long to be meant");
}

#[test]
fn a_column_is_sorted_by_and_then_the_other_way_round() {
    let plain = listing("");
    assert_eq!((plain.aria_sort("name"), plain.aria_sort("seen")), ("ascending", ""));
    assert_eq!(plain.sorted("name"), "/users?sort=-name");
    assert_eq!(plain.sorted("seen"), "/users?sort=-seen", "the newest first");
    let seen = listing("sort=-seen&after=k&at=4");
    assert_eq!((seen.aria_sort("name"), seen.aria_sort("seen")), ("", "descending"));
    assert_eq!(seen.sorted("seen"), "/users?sort=seen", "from the first page on");
    assert_eq!(seen.sorted("name"), "/users");
}

#[test]
fn what_is_no_number_is_the_first_row() {
    for at in ["", "0", "-3", "x", "99999999999999999999"] {
        let page = page(&format!("/users?at={at}"), 2);
        assert_eq!(page.pager.position, "1–2 of 2", "{at}");
    }
}

#[test]
fn a_place_that_is_none_is_said_and_the_list_begins_at_its_end() {
    for (query, place, said) in [
        ("", (None, true), 0),
        ("sort=-name", (None, false), 0),
        ("after=7", (Some(7), true), 0),
        ("before=7", (Some(7), false), 0),
        ("sort=-name&before=7", (Some(7), true), 0),
        ("before=x", (None, true), 1),
        ("sort=-name&before=x", (None, false), 1),
    ] {
        let mut faults = vec![];
        let read = listing(query).place(|key| key.parse::<u32>().ok(), &mut faults);
        assert_eq!((read, faults.len()), (place, said), "{query}");
    }
}

#[test]
fn many_filters_are_counted_by_those_that_have_a_field() {
    let listing = listing("q=a&state=active");
    assert!(!listing.has_many_filters());
    assert_eq!(listing.filters_set(), 1);
    let many = Spec { filters: &["state", "group", "time", "user", "live"], ..USERS };
    let listing = Listing::new(many, "state=active&time=7d&user=7&live=off");
    assert!(listing.has_many_filters());
    assert_eq!(listing.filters_set(), 2, "neither whose they are nor that they stand still");
    let few = Spec { filters: &["state", "group", "user", "live"], ..USERS };
    assert!(!Listing::new(few, "").has_many_filters());
}
