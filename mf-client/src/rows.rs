//! The objects of one resource, as their struct: generic over the table.

use std::marker::PhantomData;

use mf_core::resource::Object;
use reqwest::Method;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::hub::{ANSWER, scope};
use crate::request::read;
use crate::{Error, Hub};

/// The objects of the resource that `T` is of, in one project or anywhere.
///
/// ```
/// # use mf_client::{Answering, Hub, Request, RequestHandler, Response};
/// # struct Double;
/// # impl RequestHandler for Double {
/// #     fn url(&self) -> &str { "http://hub.test" }
/// #     fn send(&self, request: Request) -> Answering<'_> {
/// #         let reply = match request.path.as_str() {
/// #             "/package/git17/get_one.json?project_label=ius" => r#"{"data": {"package": {"label": "git17", "footprint": 1}}, "errors": {}}"#,
/// #             "/package/git17/put.json?project_label=ius" => r#"{"data": {"package": {"label": "git17", "footprint": 2}}, "errors": {}}"#,
/// #             other => panic!("{other}"),
/// #         };
/// #         Box::pin(async move { Ok(Response::new(200, reply)) })
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), mf_client::Error> {
/// # let hub = Hub::over(Double);
/// use mf_core::resource::Package;
/// use serde_json::json;
///
/// let packages = hub.rows_in::<Package>("ius");
/// let git = packages.get_one("git17").await?;
/// let git = packages.update("git17", &json!({"footprint": git.footprint + 1})).await?;
/// assert_eq!(git.footprint, 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a, T> {
    hub: &'a Hub,
    project: Option<&'a str>,
    of: PhantomData<fn() -> T>,
}

/// One page of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page<T> {
    /// Its objects.
    pub rows: Vec<T>,
    /// What to ask the next page with; `None` at the end.
    pub after: Option<String>,
}

impl Hub {
    /// The objects of a resource of the site, or those of all projects.
    pub fn rows<T: Object>(&self) -> Rows<'_, T> {
        Rows { hub: self, project: None, of: PhantomData }
    }

    /// The objects of a resource in one project.
    pub fn rows_in<'a, T: Object>(&'a self, project: &'a str) -> Rows<'a, T> {
        Rows { hub: self, project: Some(project), of: PhantomData }
    }
}

impl<T: Object> Rows<'_, T> {
    /// One object.
    ///
    /// # Errors
    /// There is no such object, or it cannot be had.
    pub async fn get_one(&self, label: &str) -> Result<T, Error> {
        self.hub.get_one(T::RESOURCE.name, label, self.project).await
    }

    /// Every object that the filters leave, such as `("status_label", "New")`;
    /// also `order`, `mf_search_query`, `lists`.
    ///
    /// # Errors
    /// A filter is none of the resource's, or the hub cannot be reached.
    pub async fn get_all(&self, filters: &[(&str, &str)]) -> Result<Vec<T>, Error> {
        self.hub.get_all(T::RESOURCE.name, &self.among(filters)).await
    }

    /// A page of at most `limit` objects, after the one that gave `after`.
    ///
    /// # Errors
    /// As [`Rows::get_all`]; `after` is none that a page gave.
    pub async fn page(
        &self,
        filters: &[(&str, &str)],
        limit: usize,
        after: Option<&str>,
    ) -> Result<Page<T>, Error> {
        let path = [T::RESOURCE.name, "get_all.json"];
        let limit = limit.to_string();
        let mut query = self.among(filters);
        query.push(("limit", &limit));
        query.extend(after.map(|after| ("after", after)));
        let request = self.hub.request(Method::GET, &path)?;
        let mut data = request.query(&query).timeout(ANSWER).data().await?;
        let rows = data.remove(&T::RESOURCE.plural()).unwrap_or_default();
        let after = data.get("after").and_then(Value::as_str).map(str::to_owned);
        Ok(Page { rows: read(self.hub.url(), &T::RESOURCE.plural(), rows)?, after })
    }

    /// Makes an object of these fields, a map or a struct.
    ///
    /// # Errors
    /// The hub refuses it, saying why.
    pub async fn create(&self, fields: &(impl Serialize + ?Sized)) -> Result<T, Error> {
        let mut fields = object(fields)?;
        if let Some(project) = self.project {
            fields.entry("project_label").or_insert_with(|| project.into());
        }
        self.hub.create(T::RESOURCE.name, &fields).await
    }

    /// Changes the fields given, and no other; a new `label` renames it.
    ///
    /// # Errors
    /// The hub refuses it, saying why.
    pub async fn update(
        &self,
        label: &str,
        fields: &(impl Serialize + ?Sized),
    ) -> Result<T, Error> {
        self.hub.update(T::RESOURCE.name, label, self.project, fields).await
    }

    /// Deletes an object.
    ///
    /// # Errors
    /// Something refers to it, or the hub refuses it for another reason.
    pub async fn delete(&self, label: &str) -> Result<(), Error> {
        self.hub.delete(T::RESOURCE.name, label, self.project).await
    }

    /// Calls a function of one object, by its name in the table; what it
    /// gives.
    ///
    /// # Errors
    /// There is no such function, or the hub refuses it.
    pub async fn call(
        &self,
        label: &str,
        function: &str,
        parameters: &(impl Serialize + ?Sized),
    ) -> Result<Map<String, Value>, Error> {
        let mut parameters = object(parameters)?;
        if let Some(project) = self.project {
            parameters.insert("project_label".into(), project.into());
        }
        let called = self.hub.call(T::RESOURCE.name, Some(label), function, &parameters);
        object(&called.await?)
    }

    /// As [`Rows::call`], for a function that gives the object.
    ///
    /// # Errors
    /// As [`Rows::call`].
    pub async fn act(
        &self,
        label: &str,
        function: &str,
        parameters: &(impl Serialize + ?Sized),
    ) -> Result<T, Error> {
        let key = T::RESOURCE.key();
        let mut data = self.call(label, function, parameters).await?;
        read(self.hub.url(), &key, data.remove(&key).unwrap_or_default())
    }

    fn among<'b>(&'b self, filters: &[(&'b str, &'b str)]) -> Vec<(&'b str, &'b str)> {
        let mut all = scope(self.project);
        all.extend_from_slice(filters);
        all
    }
}

/// Fields or parameters as a map.
fn object(fields: &(impl Serialize + ?Sized)) -> Result<Map<String, Value>, Error> {
    match serde_json::to_value(fields) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err(Error::Invalid("fields are a map or a struct".into())),
        Err(e) => Err(Error::Invalid(format!("the fields are no JSON: {e}"))),
    }
}
