//! Removing what deleted tasks left behind.

use std::collections::HashSet;
use std::fs;
use std::io;

use super::Files;

impl Files {
    /// Removes the files of tasks that are no more: those up to the number
    /// `newest` that are not `known`. Later ones have come since that was
    /// read. Gives how many tasks' files went.
    ///
    /// # Errors
    /// A directory cannot be read or removed; the rest stays for another time.
    pub fn sweep(&self, newest: i64, known: &HashSet<i64>) -> io::Result<usize> {
        let mut swept = 0;
        for entry in fs::read_dir(self.root.join("tasks"))? {
            let entry = entry?;
            let name = entry.file_name();
            // What has no number as its name is not the hub's.
            let Some(task) = name.to_str().and_then(|name| name.parse::<i64>().ok()) else {
                continue;
            };
            if task <= newest && !known.contains(&task) {
                fs::remove_dir_all(entry.path())?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tasks_that_are_no_more_are_swept() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(dir.path()).unwrap();
        for name in ["1/1", "2/1", "2/2", "3/1", "4/1", "other"] {
            let dir = files.root.join("tasks").join(name);
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("log-1"), "x").unwrap();
        }
        assert_eq!(files.sweep(3, &HashSet::from([1])).unwrap(), 2);
        let left: HashSet<String> = fs::read_dir(files.root.join("tasks"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(left, ["1", "4", "other"].map(str::to_owned).into());
    }
}
