//! Makes objects depend on the extension, so that DROP EXTENSION drops them as well.

use pgrx::pg_sys::{self, Oid};

/// Records that the object is dropped together with the extension. `ALTER … DEPENDS ON EXTENSION`
/// does the same for the kinds of objects that it supports.
fn record_dependency(class: Oid, object: Oid) {
    // SAFETY: looks the extension up by name; both addresses are valid, and only read.
    unsafe {
        let extension = pg_sys::get_extension_oid(c"pg_flightcheck".as_ptr(), true);
        if extension == pg_sys::InvalidOid {
            return;
        }
        let address = |class, object| pg_sys::ObjectAddress { classId: class, objectId: object, objectSubId: 0 };
        let dependent = address(class, object);
        let extension = address(pg_sys::ExtensionRelationId, extension);
        pg_sys::recordDependencyOn(&dependent, &extension, pg_sys::DependencyType::DEPENDENCY_AUTO_EXTENSION);
        // Without this, a subtransaction could not begin.
        pg_sys::CommandCounterIncrement();
    }
}

pub fn record_trigger_dependency(trigger: Oid) {
    record_dependency(pg_sys::TriggerRelationId, trigger);
}

pub fn record_event_trigger_dependency(trigger: Oid) {
    record_dependency(pg_sys::EventTriggerRelationId, trigger);
}
