//! The document says of the API for scripts what its list of routes does.

use authx::api::{admin::routes, document};
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn the_document_and_the_list_of_routes_agree() {
    let document = serde_json::to_value(document()).unwrap();
    let mut known = BTreeSet::new();
    for route in routes() {
        let method = route.method.as_str().to_lowercase();
        let operation = &document["paths"][&route.path][&method];
        assert!(operation.is_object(), "{route:?}");
        let scopes: Vec<&str> = route.needs.iter().map(|scope| scope.word()).collect();
        assert_eq!(operation["security"][0]["admin_token"], serde_json::json!(scopes), "{route:?}");
        for scope in scopes {
            assert!(operation["description"].as_str().unwrap().contains(scope), "{route:?}");
        }
        assert!(operation["summary"].is_string(), "{route:?}");
        assert!(known.insert((route.path.clone(), method)), "{route:?} is there twice");
    }
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        if path.starts_with("/admin/") {
            let methods = item.as_object().unwrap().keys();
            described.extend(methods.map(|method| (path.clone(), method.clone())));
        }
    }
    assert_eq!(described, known);
    assert!(known.iter().all(|(path, _)| path.starts_with("/admin/v1/")));
}

/// Two types of one name would hide each other.
#[test]
fn what_routes_refer_to_has_a_name_of_its_own() {
    let document = document();
    let known = document.components.unwrap().schemas;
    for route in routes() {
        for (name, schema) in &route.schemas {
            assert!(known.get(name) == Some(schema), "{route:?}: another type is called {name}");
        }
    }
}

/// A handler that nothing describes would be in no list: `routes!` gives it no path.
#[test]
fn operations_have_names_of_their_own_and_what_they_refer_to_is_there() {
    let document = serde_json::to_value(document()).unwrap();
    let mut ids = BTreeSet::new();
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} twice");
        }
    }
    let mut referred = BTreeSet::new();
    references(&document, &mut referred);
    for reference in referred {
        let place = reference.trim_start_matches('#');
        assert!(document.pointer(place).is_some(), "{reference}");
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get("$ref") {
                found.insert(reference.clone());
            }
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {}
    }
}
